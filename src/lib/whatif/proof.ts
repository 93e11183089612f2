import type { FieldPath, PolicyId, PolicyKey } from '../policy/model.ts';
import { asSet } from '../policy/values.ts';
import { withName } from '../wellKnown.ts';
import { doesNoMore } from './comparison.ts';
import { type CompiledPolicy, type CompiledSet, compile, type PolicyEntry } from './compile.ts';
import { type Demand, demandOf, isEnforced, MODERN_CLIENTS, outageDemandOf } from './demand.ts';
import { matchesClientApp } from './evaluate.ts';
import { controlsMet } from './grant.ts';
import { completions } from './guests.ts';
import { asksForGps, GPS, type NamedLocations } from './locations.ts';
import { matchesIdentity, type Way, ways } from './people.ts';
import { CLIENT_APPS, type Reach, reachOf } from './reach.ts';
import type { SignIn, UserIdentity } from './signIn.ts';
import { couldBe } from './truth.ts';
import { describe } from './words.ts';

/** What is known of a protected identity. What is unknown may be anything. */
export interface ProtectedFacts {
  /** Object id, lower case. Anything else stands for somebody of whom not even that is known. */
  readonly id: string;
  /** Every group, nested ones included; or those it is surely in, when the whole list could not be read. */
  readonly groups: readonly string[] | { readonly atLeast: readonly string[] } | 'unknown';
  /** Template ids of its active directory-wide roles. */
  readonly roles: readonly string[] | 'unknown';
  /** null: a member of this tenant. */
  readonly guestType: string | null | 'unknown';
  readonly homeTenantId: string | null | 'unknown';
}

/** One policy that shuts a protected identity out of something. */
export interface LockOut {
  readonly policyId: PolicyId | null;
  readonly key: PolicyKey | null;
  readonly displayName: string;
  /** Object id of the protected identity. */
  readonly identity: string;
  readonly demand: Demand;
  /** A sign-in that would be hit. */
  readonly signIn: SignIn;
  /** The field by which the policy takes the identity in. */
  readonly field: FieldPath;
  /** The list that would spare it, had it been in there. */
  readonly missingFrom: FieldPath;
  /** False: something we could not read decides whether it is hit; it counts as one. */
  readonly isCertain: boolean;
  /** All of this as one sentence. */
  readonly detail: string;
}

export interface Question {
  readonly policies: CompiledSet;
  readonly identities: readonly ProtectedFacts[];
  /** Grant controls, strength ids, and names of session controls that a protected identity can live with. */
  readonly allowedControls: readonly string[];
}

/**
 * Every way in which an enforced policy of the set can block a protected identity, or ask it for something it is not said
 * to meet, over the whole space of sign-ins. None found is the proof that there is none.
 *
 * **Why looking at one policy at a time is enough.** A sign-in gets in when every policy that applies to it is satisfied.
 * So it is shut out exactly when some single policy applies to it and is not satisfied; what other policies do can neither
 * cause nor cure that. Policies that are off or only report never shut anybody out.
 *
 * **Why looking at one condition at a time is enough.** See `reachOf`: what one policy applies to is a product of
 * conditions over independent pieces of the sign-in. Two things tie pieces together. What a policy asks for hangs on the
 * client: clients that cannot show a proof are blocked by any demand. That is part of how things are and wanted for every
 * demand the identity can otherwise meet, so it is a finding only where the policy reaches no other client. And an
 * extension attribute of a device is only there with some of its other attributes, which the search through the device
 * filter knows. Combinations that no real device or network makes (a filter that matches on a client that carries no
 * device state, an address of another country) count as sign-ins: the space is too large rather than too small.
 *
 * What cannot be read (a filter, a location, a membership, an unknown word) could match, and never spares. That nobody can
 * tell groups and roles apart in an outage is looked at beside all that, where a policy switches resilience off.
 */
export function proveNoLockOut({ policies, identities, allowedControls }: Question): readonly LockOut[] {
  const met = controlsMet(allowedControls);
  const people = identities.map(personOf);
  return policies.policies.flatMap((policy) => {
    const threats = isEnforced(policy) ? threatsOf(policy, met) : [];
    const hit = threats.length === 0 ? [] : people.flatMap((person) => hitBy(threats, policy, person) ?? []);
    const reach = hit.length === 0 ? null : reachOf(policy);
    return reach === null ? [] : hit.map((exposed) => lockOut(policy, exposed, reach));
  });
}

/** What a policy does, and to whom. */
interface Threat {
  readonly demand: Demand;
  /** The list that would spare them. */
  readonly missingFrom: FieldPath;
  /** Nobody can tell who is in which group or role. */
  readonly isInOutage: boolean;
}

function threatsOf(policy: CompiledPolicy, met: ReadonlySet<string>): readonly Threat[] {
  const demand = demandOf(policy, met);
  const outage = outageDemandOf(policy, met);
  return [
    ...(demand === undefined ? [] : [{ demand, missingFrom: spareList(policy), isInOutage: false }]),
    ...(outage === undefined ? [] : [{ demand: outage, missingFrom: EXCLUDED_USERS, isInOutage: true }]),
  ];
}

/** The first that hits somebody: the second is for those whom their groups and roles alone keep out of reach. */
function hitBy(threats: readonly Threat[], policy: CompiledPolicy, person: UserIdentity): Hit | undefined {
  for (const threat of threats) {
    const exposed = exposure(policy, threat.isInOutage ? withoutGroups(person) : person);
    if (exposed !== undefined) return { ...exposed, threat };
  }
  return undefined;
}

function withoutGroups({ groups: _, groupsAtLeast: __, roles: ___, ...person }: UserIdentity): UserIdentity {
  return person;
}

function personOf({ id, groups, roles, guestType, homeTenantId }: ProtectedFacts): UserIdentity {
  const known = { kind: 'user', id } as const;
  return {
    ...known,
    ...(groups === 'unknown' ? {} : 'atLeast' in groups ? { groupsAtLeast: groups.atLeast } : { groups }),
    ...(roles === 'unknown' ? {} : { roles }),
    ...(guestType === 'unknown' ? {} : { guestType }),
    ...(homeTenantId === 'unknown' ? {} : { homeTenantId }),
  };
}

/** Somebody the policy is for. */
interface Exposed {
  readonly person: UserIdentity;
  readonly way: Way;
  readonly isCertain: boolean;
}

interface Hit extends Exposed {
  readonly threat: Threat;
}

/** Whether and how a policy is for somebody, whatever the unknown about them turns out to be. */
function exposure({ assignment }: CompiledPolicy, known: UserIdentity): Exposed | undefined {
  const { include, homes } = assignment;
  const guises = completions(known, homes);
  for (const person of guises) {
    const truth = matchesIdentity(assignment, person);
    if (!couldBe(truth)) continue;
    const found = ways(include, person).filter((way) => couldBe(way.truth));
    const way = found.find((one) => one.truth === true) ?? found[0];
    if (way !== undefined) return { person, way, isCertain: truth === true && guises.length === 1 };
  }
  return undefined;
}

function lockOut(
  policy: CompiledPolicy,
  { person, way, isCertain, threat: { demand, missingFrom } }: Hit,
  reach: Reach,
): LockOut {
  const { id, key, displayName } = policy.entry;
  // A place that was not read may be one that asks no phone.
  const isAsked = demand.kind !== 'gps' || asksForGps(policy.location) === true;
  const isSure = isCertain && isAsked && reach.isCertain && policy.state === 'enabled';
  const client = legacyClient(policy, demand);
  const example = client === undefined ? reach.example : { ...reach.example, clientApp: client };
  const verb = isSure ? 'would' : 'could';
  return {
    policyId: id,
    key,
    displayName,
    identity: person.id,
    demand,
    signIn: { identity: person, ...example },
    field: way.path,
    missingFrom,
    isCertain: isSure,
    detail: `"${displayName}" ${verb} ${demandWords(demand)} the emergency account ${person.id}, for example ${describe(policy, example)}: ${way.path} takes it in, and ${missingFrom} does not spare it`,
  };
}

/** The example of a demand that only old clients fail on must be one of them. */
function legacyClient({ clientApps }: CompiledPolicy, demand: Demand): string | undefined {
  if (demand.kind !== 'legacyClient') return undefined;
  return CLIENT_APPS.find(
    (client) => !MODERN_CLIENTS.includes(client) && couldBe(matchesClientApp(clientApps, client)),
  );
}

const EXCLUDED_USERS = 'conditions.users.excludeUsers';

/** Where an exclusion was meant to be: the list that is in use, or else the plainest one. */
function spareList({ entry: { policy } }: CompiledPolicy): FieldPath {
  const names = [EXCLUDED_USERS, 'conditions.users.excludeGroups', 'conditions.users.excludeRoles'];
  return names.find((name) => asSet(policy[name]).length > 0) ?? EXCLUDED_USERS;
}

function demandWords(demand: Demand): string {
  switch (demand.kind) {
    case 'block':
      return 'block';
    case 'controls':
      return `ask for ${demand.missing.map(withName).join(demand.operator === 'AND' ? ' and ' : ' or ')} from`;
    case 'gps':
      return `ask the Authenticator app for the place (${GPS}) of`;
    case 'legacyClient':
      return `ask for ${demand.controls.map(withName).join(', ')}, which this client cannot show, from`;
    case 'session':
      return `set a session control (${demand.why}) on`;
  }
}

/** A policy before and after, for all that a change does to it; null: it is not there. */
export interface Move {
  readonly before: PolicyEntry | null;
  /** Every state it passes through, the last one included. */
  readonly states: readonly PolicyEntry[];
}

export interface Comparison {
  readonly move: Move;
  readonly namedLocations: NamedLocations;
  readonly identities: readonly ProtectedFacts[];
  readonly allowedControls: readonly string[];
}

/**
 * The lock-outs a change of one policy adds: those of the states it passes through, but for those the policy had before.
 * As a lock-out is the doing of a single policy, asking this of each change alone covers every subset of a plan that may
 * come to be carried out.
 *
 * One it had before is one that hits the same identity with a demand at least as hard, wherever the new state hits it. A
 * lock-out of another policy is no excuse: it may be put right tomorrow, and this one would stay.
 */
export function worse({ move, namedLocations, identities, allowedControls }: Comparison): readonly LockOut[] {
  const met = controlsMet(allowedControls);
  const people = new Map(identities.map((facts) => [facts.id, personOf(facts)]));
  const { before, states } = move;
  const { policies } = compile([...states, ...(before === null ? [] : [before])], namedLocations);
  const old = policies[states.length];
  return policies.slice(0, states.length).flatMap((policy) => {
    const found = proveNoLockOut({ policies: { policies: [policy] }, identities, allowedControls });
    if (found.length === 0 || old === undefined) return found;
    const didBefore = doesNoMore(policy, old, met);
    return found.filter(({ identity }) => {
      const person = people.get(identity);
      return person === undefined || !didBefore(person);
    });
  });
}
