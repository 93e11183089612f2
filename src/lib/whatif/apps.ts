import type { Policy } from '../policy/model.ts';
import { asSet, isGuid } from '../policy/values.ts';
import type { Target } from './signIn.ts';
import { both, either, not, type Truth, unknown } from './truth.ts';

/** A group of applications that Microsoft defines and changes. */
interface AppGroup {
  /** Surely in it. */
  readonly members: ReadonlySet<string>;
  /** Surely not in it: documented as targets of their own. Of any other application it is not known. */
  readonly strangers: ReadonlySet<string>;
}

/** Targets that Entra docs (concept-conditional-access-cloud-apps) describe beside the groups, not in them. */
const TARGETS_OF_THEIR_OWN: ReadonlySet<string> = new Set([
  '797f4846-ba00-4fd7-ba43-dac1f8f63013', // Windows Azure Service Management API
  '499b84ac-1321-427f-aa17-267ca6975798', // Azure DevOps
]);

/**
 * The built-in groups, as data. Sources: Entra docs, reference-office-365-application-contents (names; the ids are those
 * of the troubleshooting page verify-first-party-apps-sign-in), and concept-conditional-access-cloud-apps for the portals.
 */
export const APP_GROUPS: Readonly<Record<string, AppGroup>> = {
  Office365: {
    members: new Set([
      '00000002-0000-0ff1-ce00-000000000000', // Office 365 Exchange Online
      '00000003-0000-0ff1-ce00-000000000000', // Office 365 SharePoint Online
      '00000004-0000-0ff1-ce00-000000000000', // Skype for Business Online
      '00000005-0000-0ff1-ce00-000000000000', // Viva Engage
      '00000006-0000-0ff1-ce00-000000000000', // Microsoft Office 365 Portal
      '09abbdfd-ed23-44ee-a2d9-a627aa1c90f3', // ProjectWorkManagement
      '4345a7b9-9a63-4910-a426-35363201d503', // O365 Suite UX
      '5e3ce6c0-2b1f-4285-8d4b-75ee78787346', // Microsoft Teams Web Client
      '905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba', // Sway
      'c9a559d2-7aab-4f13-a6ed-e7e9c52aec87', // Microsoft Forms
      'cc15fd57-2c6c-4117-a88c-83b1d56b4bbe', // Microsoft Teams Services
    ]),
    strangers: TARGETS_OF_THEIR_OWN,
  },
  MicrosoftAdminPortals: {
    members: new Set([
      '00000006-0000-0ff1-ce00-000000000000', // Microsoft Office 365 Portal
      '497effe9-df71-4043-a8bb-14cf78c4b63b', // Exchange Admin Center
      '80ccca67-54bd-44ab-8625-4b79c4dc7775', // Protection Center
      'c44b4083-3bb0-49c1-b47d-974e53cbdf3c', // Azure portal
    ]),
    strangers: TARGETS_OF_THEIR_OWN,
  },
  /** Resources of agent identities: which those are, the tenant alone knows. */
  AllAgentIdResources: { members: new Set(), strangers: TARGETS_OF_THEIR_OWN },
};

/** The applications one side of a policy lists. */
export interface Apps {
  readonly ids: ReadonlySet<string>;
  /** Names in `APP_GROUPS`. */
  readonly groups: readonly string[];
  /** Words we do not know: each may stand for any application. */
  readonly odd: readonly string[];
}

/** What a policy is about. */
export interface Targets {
  readonly isAll: boolean;
  readonly include: Apps;
  readonly exclude: Apps;
  readonly actions: readonly string[];
  readonly contexts: readonly string[];
  /** An application filter asks for attributes of the application that we do not read. */
  readonly filter: 'include' | 'exclude' | 'unread' | null;
  /** Members of the policy's target that could not be read: it may be for more than we see. */
  readonly unread: readonly string[];
}

const path = 'conditions.applications';

/** @param unread paths under `conditions.applications` that were not understood, exclusions left out */
export function compileTargets(policy: Policy, unread: readonly string[]): Targets {
  const included = asSet(policy[`${path}.includeApplications`]);
  const exclude = apps(asSet(policy[`${path}.excludeApplications`]));
  return {
    isAll: included.includes('All'),
    // An exclusion beats the same entry included, whether it is known what is in it or not.
    include: apps(included.filter((app) => app !== 'All' && !exclude.ids.has(app))),
    exclude,
    actions: asSet(policy[`${path}.includeUserActions`]),
    contexts: asSet(policy[`${path}.includeAuthenticationContextClassReferences`]),
    filter: filterMode(policy),
    unread,
  };
}

function apps(entries: readonly string[]): Apps {
  const groups = entries.filter((entry) => Object.hasOwn(APP_GROUPS, entry));
  return {
    ids: new Set(entries),
    groups,
    odd: entries.filter((entry) => !isGuid(entry) && !groups.includes(entry)),
  };
}

/** With a mode we do not know it may add targets, and may spare some. */
function filterMode(policy: Policy): Targets['filter'] {
  if (policy[`${path}.applicationFilter.rule`] === null) return null;
  const mode = policy[`${path}.applicationFilter.mode`];
  return mode === 'include' || mode === 'exclude' ? mode : 'unread';
}

/** Whether the sign-in is for what the policy is about. */
export function matchesTarget(targets: Targets, target: Target | undefined): Truth {
  return either(seenTarget(targets, target), ...targets.unread.map((name) => unknown(name)));
}

function seenTarget(targets: Targets, target: Target | undefined): Truth {
  const { isAll, include, filter, actions, contexts } = targets;
  const isForNothing =
    !isAll && include.ids.size === 0 && filter === null && actions.length === 0 && contexts.length === 0;
  if (isForNothing) return false;
  if (target === undefined) return unknown('target');
  switch (target.kind) {
    case 'app':
      return either(...target.appIds.map((id) => matchesApp(targets, id)));
    // Policies for all applications were answered as applying to a user action (Graph docs, conditionalAccessRoot:
    // evaluate, example 3), though a policy cannot be made for both.
    case 'userAction':
      return isAll || actions.includes(target.action);
    // Example 2 of the same page does not list the tenant's policies for all applications beside a context.
    case 'authContext':
      return contexts.includes(target.value);
  }
}

function matchesApp({ isAll, include, exclude, filter }: Targets, id: string): Truth {
  const filtered = unknown(`custom security attributes of ${id}`);
  const mayAdd = filter === 'include' || filter === 'unread';
  const maySpare = filter === 'exclude' || filter === 'unread';
  const isOnlyFiltered = filter === 'exclude' && !isAll && include.ids.size === 0;
  return both(
    either(isAll, isListed(include, id), mayAdd || isOnlyFiltered ? filtered : false),
    not(either(isListed(exclude, id), maySpare ? filtered : false)),
  );
}

function isListed({ ids, groups, odd }: Apps, id: string): Truth {
  if (ids.has(id)) return true;
  return either(
    ...groups.map((name) => isInGroup(name, id)),
    ...odd.map((word) => unknown(`what ${word} stands for`)),
  );
}

function isInGroup(name: string, id: string): Truth {
  const group = APP_GROUPS[name];
  if (group?.members.has(id)) return true;
  return group?.strangers.has(id) ? false : unknown(`whether ${id} belongs to ${name}`);
}
