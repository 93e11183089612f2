import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { CompiledPolicy } from '../../src/lib/whatif/compile.ts';
import { type Demand, demandOf } from '../../src/lib/whatif/demand.ts';
import { compileGrant, controlsMet, type Grant, unmet, waysThrough } from '../../src/lib/whatif/grant.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import { compiled, id, raw } from './support.ts';

const strength = (digit: number): string => `00000000-0000-0000-0000-00000000000${digit}`;
const PHONE = id(31);
const PLACES: NamedLocations = { list: [{ kind: 'gps', id: PHONE }], mfaTrustedRanges: [] };
const NOTHING: Grant = { kind: 'nothing' };
const BLOCK: Grant = { kind: 'block' };

function controls(operator: 'AND' | 'OR', ...names: readonly string[]): Grant {
  return { kind: 'controls', operator, controls: names };
}

describe('what a grant asks for', () => {
  it.each<[object | null, readonly string[], Grant]>([
    [null, [], NOTHING],
    [{ operator: 'OR', builtInControls: ['block'] }, ['x'], BLOCK],
    [{ operator: 'OR', builtInControls: ['mfa'] }, [], controls('OR', 'mfa')],
    [
      {
        operator: 'AND',
        builtInControls: ['mfa'],
        authenticationStrength: { id: id(1) },
        termsOfUse: [id(2)],
        customAuthenticationFactors: ['Duo'],
      },
      [],
      controls('AND', 'mfa', id(1), id(2), 'Duo'),
    ],
    [null, ['grantControls.odd'], controls('AND', 'grantControls.odd')],
    [
      { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] },
      ['grantControls.odd'],
      controls('AND', 'compliantDevice', 'mfa', 'grantControls.odd'),
    ],
  ])('%j with %j', (grantControls, unread, grant) => {
    expect(compileGrant(canonical({ grantControls }), unread)).toEqual(grant);
  });
});

describe('somebody who meets', () => {
  it.each<[readonly string[], readonly string[]]>([
    [[], []],
    [['mfa'], ['mfa']],
    [['block'], []],
    [['toString'], ['toString']],
    [[strength(2)], [strength(2), 'mfa']],
    [[strength(3)], [strength(3), 'mfa', strength(2)]],
    [[strength(4)], [strength(4), 'mfa', strength(2), strength(3)]],
  ])('%j meets %j', (allowed, met) => {
    expect([...controlsMet(allowed)].sort()).toEqual([...met].sort());
  });

  it.each<[Grant, readonly string[], readonly string[]]>([
    [NOTHING, [], []],
    [BLOCK, ['mfa'], ['block']],
    [controls('AND', 'mfa', 'compliantDevice'), ['mfa'], ['compliantDevice']],
    [controls('AND', 'mfa', 'compliantDevice'), ['mfa', 'compliantDevice'], []],
    [controls('OR', 'mfa', 'compliantDevice'), ['mfa'], []],
    [controls('OR', 'mfa', 'compliantDevice'), [], ['mfa', 'compliantDevice']],
    [controls('OR', 'mfa', 'approvedApplication'), ['approvedApplication'], ['mfa']],
    [controls('OR', 'approvedApplication'), ['approvedApplication'], []],
  ])('of %j, having %j, lacks %j', (grant, met, missing) => {
    expect(unmet(grant, new Set(met))).toEqual(missing);
  });

  it.each<[Grant, readonly (readonly string[])[]]>([
    [NOTHING, [[]]],
    [BLOCK, []],
    [controls('AND', 'mfa', 'compliantDevice'), [['mfa', 'compliantDevice']]],
    [controls('OR', 'mfa', 'compliantDevice'), [['mfa'], ['compliantDevice']]],
  ])('of %j has these ways in: %j', (grant, ways) => {
    expect(waysThrough(grant)).toEqual(ways);
  });
});

describe('a demand on somebody', () => {
  const of = (policy: RawPolicy, ...met: readonly string[]): Demand | undefined =>
    demandOf(compiled([policy], PLACES).policies[0] as CompiledPolicy, new Set(met));
  const phone = { locations: { includeLocations: ['All'], excludeLocations: [PHONE] } };
  const mfa = { operator: 'OR', builtInControls: ['mfa'] };
  const asking = (conditions: object, grantControls: object | null, sessionControls: object | null = null) =>
    raw(conditions as Record<string, unknown>, { grantControls, sessionControls });

  it.each<[string, RawPolicy, readonly string[], Demand | undefined]>([
    ['a block', raw(), ['mfa'], { kind: 'block' }],
    ['nothing', asking({}, null), [], undefined],
    ['the place of a phone', asking(phone, null), [], { kind: 'gps' }],
    ['the place of a phone beside a control that is met', asking(phone, mfa), ['mfa'], { kind: 'gps' }],
    [
      'what may be the place of a phone',
      asking({ locations: { includeLocations: [id(99)] } }, mfa),
      ['mfa'],
      { kind: 'gps' },
    ],
    ['the place of a phone that can be given', asking(phone, mfa), ['mfa', 'authenticatorAppGps'], undefined],
    ['a block by the place of a phone', raw(phone), ['authenticatorAppGps'], { kind: 'block' }],
    [
      'a control',
      asking({}, mfa),
      [],
      { kind: 'controls', operator: 'OR', controls: ['mfa'], missing: ['mfa'] },
    ],
    ['a control that is met', asking({}, mfa), ['mfa'], undefined],
    [
      'a control of old clients',
      asking({ clientAppTypes: ['other'] }, mfa),
      ['mfa'],
      { kind: 'legacyClient', controls: ['mfa'] },
    ],
    ['nothing of old clients', asking({ clientAppTypes: ['other'] }, null), [], undefined],
    [
      'a control of old and new clients',
      asking({ clientAppTypes: ['other', 'browser'] }, mfa),
      ['mfa'],
      undefined,
    ],
    [
      'a control of apps',
      asking({ clientAppTypes: ['mobileAppsAndDesktopClients'] }, mfa),
      ['mfa'],
      undefined,
    ],
    [
      'a session control',
      asking({}, null, { disableResilienceDefaults: true }),
      [],
      {
        kind: 'session',
        control: 'disableResilienceDefaults',
        why: 'without resilience defaults no session goes on during an outage',
      },
    ],
    [
      'a session control beside a control that is met',
      asking({}, mfa, { secureSignInSession: { isEnabled: true } }),
      ['mfa'],
      {
        kind: 'session',
        control: 'secureSignInSession',
        why: 'token protection lets in only apps on a registered device',
      },
    ],
    [
      'a session control that can be lived with',
      asking({}, null, { disableResilienceDefaults: true }),
      ['disableResilienceDefaults'],
      undefined,
    ],
    [
      'the second of two session controls',
      asking({}, null, { disableResilienceDefaults: true, secureSignInSession: { isEnabled: true } }),
      ['disableResilienceDefaults'],
      {
        kind: 'session',
        control: 'secureSignInSession',
        why: 'token protection lets in only apps on a registered device',
      },
    ],
  ])('%s', (_, policy, met, demand) => {
    expect(of(policy, ...met)).toEqual(demand);
  });
});
