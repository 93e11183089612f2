import { createHash } from 'node:crypto';
import {
  type DesiredDocument,
  isKey,
  type ProtectedIdentities,
  parseDesired,
  withProtected,
} from './desired.ts';
import { fieldDrifts } from './diff.ts';
import { type OwnParameters, type Parameters, resolve } from './parameters.ts';
import { canonical } from './policy/canonical.ts';
import { READ_ONLY, rawAt, withRaw } from './policy/fields.ts';
import type { PolicyKey, RawPolicy } from './policy/model.ts';
import { createBody } from './policy/render.ts';
import { isGuid } from './policy/values.ts';
import type { Problem, ProblemKind } from './problem.ts';
import { WELL_KNOWN } from './wellKnown.ts';

/** What a policy is written down with. */
export interface CaptureFacts {
  readonly parameters: Parameters;
  readonly identities: ProtectedIdentities;
  /** Names of ids, lower case, for the comments. */
  readonly names: ReadonlyMap<string, string>;
  /** The tenant's own parameters, which members of ours may name. */
  readonly own: OwnParameters;
}

export interface CaptureProblem {
  readonly kind: ProblemKind | 'cutOff' | 'lossy';
  /** Dotted path of the member; empty for the policy itself. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

export type Capture =
  | {
      readonly kind: 'captured';
      readonly displayName: string;
      /** A desired-state file. */
      readonly content: string;
      readonly document: DesiredDocument;
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'refused';
      readonly displayName: string;
      readonly problems: readonly CaptureProblem[];
    };

/**
 * Writes a policy as a desired-state file that means exactly the same, or says why it cannot. Read-only and empty members
 * are left out, parameters put back, names added as comments. Pure; never throws.
 *
 * @param raw the policy as Graph spells it
 * @param beside members of ours that the file is to have as well: `$schema`, `caretaker`
 */
export function capture(raw: RawPolicy, facts: CaptureFacts, beside: RawPolicy = {}): Capture {
  const displayName = typeof raw.displayName === 'string' ? raw.displayName : '';
  const refuse = (problems: readonly CaptureProblem[]): Capture => ({
    kind: 'refused',
    displayName,
    problems,
  });
  const cut = cutOff(raw);
  if (cut.length > 0) return refuse(cut);
  const readable = parseDesired(JSON.stringify(raw));
  if (!readable.ok) return refuse(readable.problems.map(withoutPlace));

  const observed = canonical(raw);
  const body = withParameters(createBody(observed), facts.parameters);
  const content = render({ ...beside, ...body }, { ...facts, names: namesWith(raw, facts.names) });
  const parsed = parseDesired(content, facts.own);
  if (!parsed.ok) return refuse(parsed.problems.map(withoutPlace));
  const written = canonical(resolve(parsed.document.raw, facts.parameters) as RawPolicy);
  const lost = fieldDrifts(written, observed);
  if (lost.length > 0) {
    return refuse(
      lost.map(({ path }) => ({
        kind: 'lossy',
        path,
        message: `cannot be written down so that it means the same: ${JSON.stringify(rawAt(raw, path))}; change it in the portal`,
      })),
    );
  }
  const merged = fieldDrifts(withProtected(observed, facts.identities), observed);
  const dropped = Object.keys(raw).filter((name) => READ_ONLY.has(name) && raw[name] !== null);
  return {
    kind: 'captured',
    displayName,
    content,
    document: parsed.document,
    notes: [
      ...readable.document.notes
        .filter(({ path }) => !dropped.includes(path))
        .map(({ path, message }) => `${path} ${message}`),
      ...merged.map(
        ({ path }) =>
          `${path} does not hold every emergency account or group: a run adds them, so it will differ`,
      ),
    ],
  };
}

/** The place is one in a text that nobody has. */
function withoutPlace({ kind, path, message, mend }: Problem): CaptureProblem {
  return { kind, path, message: `${message}; ${mend}` };
}

/** What stands where `ConvertTo-Json` met its depth: a type's name, or members run together. */
const CUT_OFF = /^@\{.*\}$|^System\.[A-Z][\w.[\]]*$|^Microsoft\.Graph\.[\w.]+$/s;

function cutOff(value: unknown, path = ''): CaptureProblem[] {
  if (typeof value === 'string' && path !== 'displayName' && (CUT_OFF.test(value) || isRunTogether(value))) {
    const message = `was cut off by ConvertTo-Json (${JSON.stringify(value.slice(0, 60))}); export again with -Depth 10`;
    return [{ kind: 'cutOff', path, message }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    Array.isArray(value) ? cutOff(member, path) : cutOff(member, path === '' ? name : `${path}.${name}`),
  );
}

function isRunTogether(value: string): boolean {
  const words = value.split(' ');
  return words.length > 1 && words.every(isGuid);
}

/** Where a parameter may stand, and which. */
const PLACES: readonly (readonly [path: string, parameter: string])[] = [
  ['conditions.users.includeUsers', 'breakGlassUsers'],
  ['conditions.users.excludeUsers', 'breakGlassUsers'],
  ['conditions.users.includeGroups', 'breakGlassGroups'],
  ['conditions.users.excludeGroups', 'breakGlassGroups'],
  ['conditions.applications.includeApplications', 'azureManagement'],
  ['conditions.applications.excludeApplications', 'azureManagement'],
];

/** A list that holds every id of a parameter names the parameter in their place. */
function withParameters(body: RawPolicy, parameters: Parameters): RawPolicy {
  return PLACES.reduce((policy, [path, parameter]) => {
    const ids = parameters[parameter] ?? [];
    const list = rawAt(policy, path);
    if (!Array.isArray(list) || ids.length === 0 || !ids.every((id) => list.includes(id))) return policy;
    return withRaw(policy, path, [`@${parameter}`, ...list.filter((id) => !ids.includes(id))]);
  }, body);
}

/** A strength comes with its name. */
function namesWith(raw: RawPolicy, names: CaptureFacts['names']): CaptureFacts['names'] {
  const strength = rawAt(raw, 'grantControls.authenticationStrength');
  const id = rawAt(strength, 'id');
  const name = rawAt(strength, 'displayName');
  return typeof id === 'string' && typeof name === 'string'
    ? new Map([...names, [id.toLowerCase(), name]])
    : names;
}

/** Two spaces a level; short lists in one line, lists with names one member a line. The end of a line is LF. */
function render(value: RawPolicy, { names }: Pick<CaptureFacts, 'names'>): string {
  const comment = (member: unknown): string => {
    const name = typeof member === 'string' ? (names.get(member) ?? WELL_KNOWN.get(member)) : undefined;
    const shown = name === undefined ? '' : harmless(name);
    return shown === '' ? '' : ` // ${shown}`;
  };
  const block = (
    open: string,
    items: readonly (readonly [string, unknown])[],
    indent: string,
    close: string,
  ): string => {
    const lines = items.map(([text, member], index) => {
      const comma = index === items.length - 1 ? '' : ',';
      return `${indent}  ${text}${comma}${comment(member)}`;
    });
    return `${open}\n${lines.join('\n')}\n${indent}${close}`;
  };
  const text = (member: unknown, indent: string): string => {
    if (Array.isArray(member)) {
      const inLine = `[${member.map((one) => text(one, indent)).join(', ')}]`;
      const isPlain = member.every((one) => typeof one !== 'object' && comment(one) === '');
      if (isPlain && inLine.length <= LINE_MAX - indent.length) return inLine;
      return block(
        '[',
        member.map((one) => [text(one, `${indent}  `), one]),
        indent,
        ']',
      );
    }
    if (typeof member !== 'object' || member === null) return quoted(member);
    const entries = Object.entries(member);
    if (entries.length === 0) return '{}';
    return block(
      '{',
      entries.map(([name, one]) => [`${quoted(name)}: ${text(one, `${indent}  `)}`, one]),
      indent,
      '}',
    );
  };
  return `${text(value, '')}\n`;
}

const LINE_MAX = 100;

/** JSON in which nothing invisible hides: what turns the writing round, or ends a line for some, is written as an escape. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** A name as one comment on one line, whatever somebody called themselves. */
function harmless(name: string): string {
  const shown = name
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return shown.length > NAME_MAX ? `${shown.slice(0, NAME_MAX).replace(/\p{Cs}$/u, '')}…` : shown;
}

const NAME_MAX = 80;
const KEY_MAX = 64;
const SUFFIX_LENGTH = 8;
/** Names of files beside the policies. */
const TAKEN = ['parameters'];

/**
 * Keys for policies, in their order. Made from the name alone where that is enough, so that the same policies get the same
 * keys in any order; where several would get one key, each has a part of its id added.
 *
 * @param known keys of names that have one already
 */
export function keysFor(
  policies: readonly RawPolicy[],
  known: ReadonlyMap<PolicyKey, string> = new Map(),
): readonly PolicyKey[] {
  const keyOf = new Map([...known].map(([key, name]) => [name, key]));
  const bases = policies.map(
    ({ displayName }) => keyOf.get(String(displayName)) ?? slug(String(displayName)),
  );
  const used = new Set<PolicyKey>();
  return bases.map((base, index) => {
    const { displayName, id } = policies[index] ?? {};
    const isOnly = bases.filter((other) => other === base).length === 1;
    const isFree = (known.get(base) ?? displayName) === displayName && !TAKEN.includes(base) && base !== '';
    const key =
      isOnly && isFree && !used.has(base)
        ? base
        : unique(suffixed(base, String(id ?? ''), String(displayName)), used);
    used.add(key);
    return key;
  });
}

function slug(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, KEY_MAX)
    .replaceAll(/^-+|-+$/g, '');
}

function suffixed(base: string, id: string, displayName: string): string {
  const mark = isGuid(id) ? id.toLowerCase() : createHash('sha256').update(displayName).digest('hex');
  const room = base.slice(0, KEY_MAX - SUFFIX_LENGTH - 1).replace(/-+$/, '');
  return `${room === '' ? 'policy' : room}-${mark.slice(0, SUFFIX_LENGTH)}`;
}

function unique(key: string, used: ReadonlySet<PolicyKey>): PolicyKey {
  for (let count = 2; ; count++) {
    if (!used.has(key) && isKey(key)) return key;
    key = `${key.slice(0, KEY_MAX - 4).replace(/-\d+$/, '')}-${count}`;
  }
}
