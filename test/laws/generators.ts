import fc from 'fast-check';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { FIELDS, type Field } from '../../src/lib/policy/fields.ts';
import type { Policy, RawPolicy } from '../../src/lib/policy/model.ts';

/** Few ids, so that two lists often share some. */
export const IDS = [1, 2, 3, 4].map((n) => `abcdef0${n}-0000-4000-8000-00000000000${n}`);

type Leaf = string | number | boolean | null | string[];

/** Any value of a field's kind, in Graph's own spelling. */
export function leaf(field: Field): fc.Arbitrary<Leaf> {
  const { kind, path } = field;
  switch (kind.name) {
    case 'text':
      if (path.endsWith('.id')) return fc.constantFrom(null, ...IDS);
      return path === 'displayName'
        ? fc.string({ minLength: 1, maxLength: 20 })
        : fc.constantFrom(null, 'device.isCompliant -eq True', 'a -eq "b"');
    case 'flag':
      return fc.boolean();
    case 'count':
      return fc.option(fc.integer({ min: 1, max: 90 }));
    case 'choice':
      return fc.option(fc.constantFrom(...(kind.values ?? [])));
    case 'set':
      return fc.subarray(membersOf(field));
    case 'flags':
      return fc
        .subarray([...(kind.values ?? [])])
        .map((members) => (members.length === 0 ? null : members.join(',')));
  }
}

/** What a set may hold. `None` beside others is left to the spellings. */
function membersOf({ path, kind }: Field): string[] {
  if (path.endsWith('includeUserActions'))
    return ['urn:user:registersecurityinfo', 'urn:user:registerdevice'];
  if (path.endsWith('ClassReferences')) return ['c1', 'c2', 'c99'];
  if (path.endsWith('customAuthenticationFactors')) return ['RequireDuo', 'Other'];
  return [...(kind.values ?? []).filter((value) => value !== 'None'), ...(kind.ids === true ? IDS : [])];
}

/** A raw policy with any value in any field: most are nonsense to the service, and all of them can be read. */
export const rawPolicy: fc.Arbitrary<RawPolicy> = fc
  .tuple(fc.boolean(), ...FIELDS.map((field) => leaf(field)))
  .map(([isWorkload, ...leaves]) =>
    consistent(
      FIELDS.map((field, index) => [field.path, leaves[index]] as const).filter(
        // Workload identities and people never stand in one policy.
        ([path]) => !path.startsWith(isWorkload ? 'conditions.users.' : 'conditions.clientApplications.'),
      ),
    ),
  );

export const policy: fc.Arbitrary<Policy> = rawPolicy.map(canonical);

/** Two policies that differ in at most three fields: independent ones almost never meet. */
export const neighbours: fc.Arbitrary<readonly [Policy, Policy]> = fc
  .tuple(rawPolicy, rawPolicy, fc.subarray([...FIELDS], { maxLength: 3 }))
  .map(([one, other, fields]) => {
    const changed = structuredClone(one) as Record<string, unknown>;
    for (const { path } of fields) put(changed, path, at(other, path));
    return [
      canonical(one),
      canonical(consistent(FIELDS.map(({ path }) => [path, at(changed, path)]))),
    ] as const;
  });

/** Beside `riskRemediation` no tenant has a sign-in frequency that is switched off: the service switches it on. */
function consistent(leaves: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const raw = assemble(leaves);
  const controls = at(raw, 'grantControls.builtInControls') as readonly string[] | undefined;
  if (controls?.includes('riskRemediation')) put(raw, 'sessionControls.signInFrequency.isEnabled', true);
  return raw;
}

/** Policies as people begin with them, one for each sort that the service treats differently. */
const SKETCHES: readonly Record<string, unknown>[] = [
  {},
  { 'conditions.applications.includeApplications': ['Office365'] },
  {
    'conditions.users': null,
    'conditions.clientApplications.includeServicePrincipals': ['ServicePrincipalsInMyTenant'],
    'grantControls.builtInControls': ['block'],
  },
  {
    'conditions.userRiskLevels': ['high'],
    'grantControls.operator': 'AND',
    'grantControls.builtInControls': ['mfa', 'passwordChange'],
  },
  { 'conditions.applications': { includeUserActions: ['urn:user:registersecurityinfo'] } },
  { 'conditions.applications': { includeUserActions: ['urn:user:registerdevice'] } },
  { 'grantControls.operator': 'AND', 'grantControls.builtInControls': ['riskRemediation'] },
  { 'grantControls.builtInControls': ['compliantApplication', 'compliantDevice'] },
  { 'sessionControls.signInFrequency': { isEnabled: true, frequencyInterval: 'everyTime' } },
  {
    grantControls: null,
    'sessionControls.signInFrequency': { isEnabled: true, type: 'hours', value: 4 },
    'sessionControls.persistentBrowser': { isEnabled: true, mode: 'never' },
  },
  {
    'conditions.users': {
      includeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
        externalTenants: { membershipKind: 'enumerated', members: [IDS[0]] },
      },
    },
  },
  {
    'conditions.authenticationFlows.transferMethods': 'deviceCodeFlow',
    'grantControls.builtInControls': ['block'],
  },
];

/** Desired policies as people write them: a sketch with some leaves set at will. The validator admits about half. */
export const draft: fc.Arbitrary<RawPolicy> = fc
  .tuple(fc.constantFrom(...SKETCHES), fc.subarray([...FIELDS], { maxLength: 6 }))
  .chain(([sketch, fields]) =>
    fc.tuple(...fields.map((field) => leaf(field))).map((leaves) => {
      const raw: Record<string, unknown> = {
        displayName: 'CA001',
        state: 'enabled',
        conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      };
      for (const [path, value] of Object.entries(structuredClone(sketch))) put(raw, path, value);
      for (const [index, field] of fields.entries()) put(raw, field.path, leaves[index]);
      return raw;
    }),
  );

/** Any JSON, with the member names that hurt programs written for well-behaved objects. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, '', 'none', 'All', 0, -1, 1e300),
    fc.string(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('__proto__', 'toString', 'valueOf', 'constructor', 'isEnabled', 'id', 'rule', ''),
      tie('json'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).json;

function assemble(leaves: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  for (const [path, value] of leaves) put(raw, path, value);
  return raw;
}

export function put(raw: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() as string;
  let target = raw;
  for (const name of names) {
    if (typeof target[name] !== 'object' || target[name] === null || Array.isArray(target[name]))
      target[name] = {};
    target = target[name] as Record<string, unknown>;
  }
  target[last] = value;
}

export function at(raw: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], raw);
}

/** The same policy in other words: everything Graph, exports and people do to a policy without changing it. */
export function respelled(raw: RawPolicy): fc.Arbitrary<RawPolicy> {
  return fc.infiniteStream(fc.nat({ max: 11 })).map((dice) => {
    const roll = (): number => dice.next().value as number;
    const copy = structuredClone(raw) as Record<string, unknown>;
    for (const field of FIELDS) put(copy, field.path, respelledLeaf(field, at(copy, field.path), roll));
    const strength = at(copy, 'grantControls.authenticationStrength.id');
    if (strength === null || strength === undefined) {
      const spelled = [{ id: null }, null, { id: null, displayName: null }][roll() % 3];
      put(copy, 'grantControls.authenticationStrength', spelled);
    } else if (roll() % 2 === 0) {
      put(copy, 'grantControls.authenticationStrength', {
        id: strength,
        displayName: 'Expanded',
        allowedCombinations: ['fido2'],
        policyType: 'builtIn',
      });
    }
    return scatter(withNoise(copy, roll), roll) as RawPolicy;
  });
}

function respelledLeaf({ path, kind }: Field, value: unknown, roll: () => number): unknown {
  if (value === undefined) return roll() % 2 === 0 ? undefined : null;
  const isGuid = (text: string): boolean => /^abcdef0/i.test(text);
  const otherCase = (text: string): string => (roll() % 2 === 0 ? text.toUpperCase() : text.toLowerCase());
  switch (kind.name) {
    case 'flag':
      return value === false && roll() % 2 === 0 ? null : value;
    case 'flags': {
      if (value === null) return [null, '', 'none', []][roll() % 4];
      const members = String(value).split(',').reverse().map(otherCase);
      return roll() % 3 === 0 ? members : members.join(roll() % 2 === 0 ? ',' : ', ');
    }
    case 'set': {
      const members = (value as string[])
        .toReversed()
        .map((member) => (isGuid(member) || kind.values?.includes(member) ? otherCase(member) : member));
      if (members.length === 0 && path !== 'conditions.clientAppTypes')
        return [null, [], ['None']][kind.values?.includes('None') ? roll() % 3 : roll() % 2];
      if (members.length === 0) return [null, []][roll() % 2];
      return roll() % 2 === 0 ? [...members, members[0]] : members;
    }
    case 'text':
      return typeof value === 'string' && isGuid(value) ? otherCase(value) : value;
    case 'choice':
    case 'count':
      return value;
  }
}

function withNoise(raw: Record<string, unknown>, roll: () => number): Record<string, unknown> {
  return {
    '@odata.context': 'https://graph.example/$metadata#x',
    '#microsoft.graph.restore': { target: 'x' },
    id: 'abcdef09-0000-4000-8000-000000000009',
    createdDateTime: '2026-01-01T00:00:00.1234567Z',
    modifiedDateTime: null,
    templateId: null,
    partialEnablementStrategy: null,
    ...raw,
    conditions: {
      ...(raw.conditions as object),
      ...(roll() % 2 === 0
        ? { times: null, deviceStates: null, agents: {}, clients: { a: null, b: [] } }
        : {}),
    },
  };
}

/** Absent, null and an object with nothing in it are one; so is the order of members. */
function scatter(value: unknown, roll: () => number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, scatter(member, roll)] as const);
  const kept = entries.filter(([, member]) => !(member === null && roll() % 2 === 0) && member !== undefined);
  return Object.fromEntries(roll() % 2 === 0 ? kept.toReversed() : kept);
}
