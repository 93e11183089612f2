import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CaptureFacts, capture, keysFor } from '../src/lib/capture.ts';
import { effective, isKey, parseDesired } from '../src/lib/desired.ts';
import { fieldDrifts } from '../src/lib/diff.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { at, draft, IDS, put, respelled } from './laws/generators.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, IDENTITIES, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const PARAMETERS = {
  azureManagement: [AZURE_MANAGEMENT],
  breakGlassUsers: IDENTITIES.users,
  breakGlassGroups: IDENTITIES.groups,
};
const NOBODY = { users: [], groups: [] };
const FACTS: CaptureFacts = {
  parameters: PARAMETERS,
  identities: IDENTITIES,
  names: new Map(),
  own: new Map(),
};

/** What nobody sees, or what turns or breaks a line. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

function captured(raw: RawPolicy, facts = FACTS, beside: RawPolicy = {}) {
  const result = capture(raw, facts, beside);
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.problems));
  return result;
}

/** The article's policy as the tenant shows it. */
function live(change: Record<string, unknown> = {}): RawPolicy {
  return {
    '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#x',
    id: IDS[0],
    createdDateTime: '2026-01-01T00:00:00Z',
    modifiedDateTime: null,
    templateId: null,
    displayName: NAME,
    state: 'enabled',
    sessionControls: null,
    conditions: {
      users: {
        includeUsers: ['All'],
        excludeUsers: [IDS[1], BREAK_GLASS_USER],
        includeGroups: [],
        excludeGroups: [BREAK_GLASS_GROUP],
        includeRoles: [],
        excludeRoles: [GLOBAL_ADMINISTRATOR],
        includeGuestsOrExternalUsers: null,
      },
      applications: { includeApplications: [AZURE_MANAGEMENT], excludeApplications: [] },
      clientAppTypes: ['all'],
      times: null,
      locations: null,
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'], termsOfUse: [], authenticationStrength: null },
    ...change,
  };
}

describe('a captured policy', () => {
  it('is Graph’s own JSON in a steady order, parameters put back and names beside ids', () => {
    const names = new Map([[IDS[1] ?? '', 'Service account']]);

    const { content, notes } = captured(live(), { ...FACTS, names });

    expect(content).toBe(`{
  "displayName": "CA001 - Require MFA for Azure management",
  "state": "enabled",
  "conditions": {
    "users": {
      "includeUsers": ["All"],
      "excludeUsers": [
        "@breakGlassUsers",
        "abcdef02-0000-4000-8000-000000000002" // Service account
      ],
      "excludeGroups": ["@breakGlassGroups"],
      "excludeRoles": [
        "62e90394-69f5-4237-9190-012177145e10" // Global Administrator
      ]
    },
    "applications": {
      "includeApplications": ["@azureManagement"]
    },
    "clientAppTypes": ["all"]
  },
  "grantControls": {
    "operator": "OR",
    "builtInControls": ["mfa"]
  }
}
`);
    expect(notes).toEqual(['conditions.times is empty and unknown to v1.0, and was dropped']);
  });

  it('names a strength, wherever its name is from', () => {
    const controls = (strength: object) => ({
      operator: 'OR',
      builtInControls: [],
      authenticationStrength: strength,
    });
    const own = captured(live({ grantControls: controls({ id: IDS[2], displayName: 'Ours' }) }));
    const builtIn = captured(
      live({ grantControls: controls({ id: '00000000-0000-0000-0000-000000000004' }) }),
    );

    expect(own.content).toContain(`"id": "${IDS[2]}" // Ours\n`);
    expect(builtIn.content).toContain('// Phishing-resistant MFA\n');
  });

  it('says that emergency accounts it does not spare will be added', () => {
    const { notes } = captured(
      live({
        conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      }),
    );

    expect(notes).toEqual([
      expect.stringMatching(/excludeUsers does not hold every emergency account/),
      expect.stringMatching(/excludeGroups does not hold every emergency account/),
    ]);
  });

  it('keeps the list as it is where it does not hold every id of a parameter', () => {
    const two = { ...PARAMETERS, breakGlassUsers: [BREAK_GLASS_USER, IDS[3] ?? ''] };

    const { content } = captured(live(), { ...FACTS, parameters: two });

    expect(content).toContain(`["${IDS[1]}", "${BREAK_GLASS_USER}"]`);
  });

  it('keeps what is ours in the file it takes the place of', () => {
    const { document } = captured(live(), FACTS, {
      $schema: './policy.schema.json',
      caretaker: { whenTightened: 'hold' },
    });

    expect(document.declared.whenTightened).toBe('hold');
  });

  it('means exactly what the tenant shows, in whatever words it does', () => {
    let captures = 0;
    fc.assert(
      fc.property(
        draft
          .filter((raw) => parseDesired(JSON.stringify(raw)).ok)
          .chain((raw) => fc.tuple(fc.constant(raw), respelled(raw))),
        fc.subarray(IDS),
        ([raw, spelled], ids) => {
          const parameters = {
            azureManagement: ids.slice(0, 1),
            breakGlassUsers: ids,
            breakGlassGroups: ids.slice(1),
          };
          // What Graph writes itself may be more than the service takes; a policy as pushed is all it must stand for.
          const result = capture(spelled, { ...FACTS, parameters });
          const kinds = result.kind === 'refused' ? result.problems.map(({ kind }) => kind) : [];

          expect(kinds.filter((kind) => kind !== 'serviceRule')).toEqual([]);
          if (result.kind === 'refused') return;
          captures += 1;
          const written = effective(result.document.raw, parameters, NOBODY);
          expect(fieldDrifts(written, canonical(spelled))).toEqual([]);
          expect(fieldDrifts(written, canonical(raw))).toEqual([]);
          expect(capture(result.document.raw, { ...FACTS, parameters: {} }).kind).toBe('captured');
        },
      ),
      { numRuns: 300 },
    );
    expect(captures).toBeGreaterThan(150);
  });

  it('is the same text again when it is captured again', () => {
    fc.assert(
      fc.property(
        draft.filter((raw) => capture(raw, { ...FACTS, parameters: {} }).kind === 'captured'),
        (raw) => {
          const facts = { ...FACTS, parameters: {} };
          const first = captured(raw, facts);

          expect(captured(first.document.raw, facts).content).toBe(first.content);
        },
      ),
    );
  });

  it.each([
    ['the end of a block comment', '*/ }'],
    ['a comment', '// x'],
    ['a line', 'a\n"state": "disabled"'],
    ['other ends of lines', 'a\r\u2028b'],
    ['the other direction', '\u202Eevil'],
    ['half of a pair', 'a\uD800'],
    ['JSON', '"],'],
    ['a backslash', '\\'],
    ['a very long one', '\u{1F600}'.repeat(5000)],
  ])('keeps its meaning and its lines beside a name with %s', (_, name) => {
    const naming = (shown: string) => captured(live(), { ...FACTS, names: new Map([[IDS[1] ?? '', shown]]) });

    const { content, document } = naming(name);

    expect(content.split('\n').length).toBe(naming('plain').content.split('\n').length);
    expect(content).not.toMatch(HIDDEN);
    expect(effective(document.raw, PARAMETERS, NOBODY)).toEqual(canonical(live()));
  });

  it.each(['   ', '\u0000\u0007', '\u200B'])('leaves a name out that nobody could see: %j', (name) => {
    const { content } = captured(live(), { ...FACTS, names: new Map([[IDS[1] ?? '', name]]) });

    expect(content).toBe(captured(live()).content);
  });

  it('survives any name of anything, its own included', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
        (name, own) => {
          const raw = live({ displayName: own });
          const result = capture(raw, { ...FACTS, names: new Map([[IDS[1] ?? '', name]]) });
          if (result.kind === 'refused') {
            expect(result.problems.map(({ path }) => path)).toEqual(['displayName']);
            return;
          }

          expect(result.content).not.toMatch(HIDDEN);
          expect(effective(result.document.raw, PARAMETERS, NOBODY)).toEqual(canonical(raw));
        },
      ),
    );
  });
});

describe('a policy that cannot be captured', () => {
  it.each<[string, string, unknown, string, RegExp]>([
    ['a member only beta has', 'conditions.agents', { includeAgents: ['All'] }, 'betaOnly', /beta only/],
    ['an unknown member', 'conditions.weather', ['rain'], 'wrongShape', /no member of Graph v1\.0/],
    [
      'a name for an id',
      'conditions.users.includeGroups',
      ['Finance'],
      'notAnId',
      /cannot be "Finance"; write a list of/,
    ],
    [
      'an unknown value',
      'grantControls.builtInControls',
      ['fingerprint'],
      'wrongShape',
      /write a list .*approvedApplication/,
    ],
    ['a type’s name', 'conditions.users', 'Microsoft.Graph.PowerShell.Models.Users', 'cutOff', /-Depth 10/],
    ['a hash table', 'conditions.users', '@{IncludeUsers=System.Object[]}', 'cutOff', /-Depth 10/],
    ['a type’s name in a list', 'conditions.clientAppTypes', ['System.Object[]'], 'cutOff', /-Depth 10/],
    ['ids run together', 'conditions.users.includeGroups', [`${IDS[0]} ${IDS[1]}`], 'cutOff', /-Depth 10/],
    ['no state', 'state', null, 'wrongShape', /is missing/],
    [
      'what the service refuses',
      'grantControls.builtInControls',
      ['block', 'mfa'],
      'serviceRule',
      /block beside another control/,
    ],
    [
      'a control of somebody’s that looks like a parameter',
      'grantControls.customAuthenticationFactors',
      ['@breakGlassUsers'],
      'misplacedParameter',
      /takes no ids/,
    ],
  ])('says why: %s', (_, path, value, kind, message) => {
    const raw = structuredClone(live()) as Record<string, unknown>;
    put(raw, path, value);

    const result = capture(raw, FACTS);

    expect(result).toMatchObject({
      kind: 'refused',
      displayName: NAME,
      problems: [{ kind, path: expect.stringContaining(path.split('.')[0] ?? '') }],
    });
    expect(result.kind === 'refused' && result.problems[0]?.message).toMatch(message);
  });
});

describe('keys', () => {
  const named = (...names: string[]): RawPolicy[] =>
    names.map((displayName, index) => ({ displayName, id: IDS[index] }));

  it('are made of the name', () => {
    expect(keysFor(named('CA001 - Require MFA: Azure', 'Blöcke Länder!', '***', '日本'))).toEqual([
      'ca001-require-mfa-azure',
      'blocke-lander',
      'policy-abcdef03',
      'policy-abcdef04',
    ]);
  });

  it('are told apart by the id where one name would make two, in any order', () => {
    expect(keysFor(named('A b', 'A-b', 'C'))).toEqual(['a-b-abcdef01', 'a-b-abcdef02', 'c']);
  });

  it('stay what they are where a file has the name already, and take nobody else’s', () => {
    const known = new Map([
      ['mfa', 'A b'],
      ['c', 'Somebody else'],
    ]);

    expect(keysFor(named('A b', 'C', 'Parameters'), known)).toEqual([
      'mfa',
      'c-abcdef02',
      'parameters-abcdef03',
    ]);
  });

  it('are keys, each for one policy, whatever the names are', () => {
    const policies = fc.array(
      fc.record({
        displayName: fc.oneof(
          fc.string({ maxLength: 90 }),
          fc.constantFrom('A', 'a', 'ä'),
          fc.string({ unit: 'binary', maxLength: 90 }),
        ),
        id: fc.option(fc.uuid()),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(policies, (list) => {
        const keys = keysFor(list);

        expect(keys.every(isKey)).toBe(true);
        expect(new Set(keys).size).toBe(list.length);
      }),
    );
  });
});

describe('capturing and pushing back', () => {
  it('gives no drift and no write: every policy is adopted as it is', async () => {
    const sketches = [
      live(),
      live({
        id: IDS[1],
        displayName: 'Block',
        grantControls: { operator: 'OR', builtInControls: ['block'] },
        state: 'disabled',
      }),
      live({
        id: IDS[2],
        displayName: 'Session',
        sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
      }),
    ];
    const made = await world({ tenant: { policies: sketches as never } });
    const before = made.tenant.truth();
    const shown = (await made.ports().policies.list()).policies;
    const keys = keysFor(shown);

    await made.push(
      Object.fromEntries(shown.map((raw, index) => [keys[index] ?? '', captured(raw).content])),
    );
    const first = await made.run();
    const second = await made.run();

    expect(first.policies.map(({ drift, change, fields }) => [drift, change?.action, fields])).toEqual(
      shown.map(() => ['none', 'adopt', []]),
    );
    expect(second).toMatchObject({
      status: 'inSync',
      unmanaged: [],
      policies: shown.map(() => ({ drift: 'none', proven: true })),
    });
    expect(made.tenant.writes).toEqual([]);
    expect(made.tenant.truth()).toEqual(before);
  });

  it('gives a version back that differs from the pushed one in nothing', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    await made.run();

    const { document } = captured((await made.ports().policies.list()).policies[0] ?? {});

    expect(document.raw).toEqual(article());
    expect(at(document.raw, 'conditions.users.excludeUsers')).toEqual(['@breakGlassUsers']);
  });
});
