import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPublishedPolicy, type JsonObject } from '../../sandbox/tenant/index.ts';
import { derived, enums, flags, memberType, readOnly, types } from '../../sandbox/tenant/schema.ts';
import { bench, conditions, errorOf, mfaForAll, policiesPath } from './bench.ts';

const corpus = process.env.CA_CORPUS;
const published = corpus ? join(corpus, '..', 'graph', 'conditional-access.v1.0.openapi.json') : undefined;

describe('the compact schema', () => {
  it.skipIf(!published || !existsSync(published))('says what the published metadata says', () => {
    const schemas = JSON.parse(readFileSync(published ?? '', 'utf8')).components.schemas;

    for (const [name, members] of Object.entries(types)) {
      expect({ [name]: described(members) }).toEqual({ [name]: publishedMembers(schemas, name) });
    }
    for (const [name, members] of Object.entries({ ...enums, ...flags })) {
      expect({ [name]: schemas[`microsoft.graph.${name}`]['x-enum-members'] }).toEqual({ [name]: members });
    }
    for (const [name, variants] of Object.entries(derived)) {
      const mapping = schemas[`microsoft.graph.${name}`].discriminator.mapping;
      expect(Object.keys(mapping)).toEqual(variants.map((variant) => `#microsoft.graph.${variant}`));
    }
  });

  it('names every type it uses', () => {
    const known = new Set(['string', 'boolean', 'int32', 'dateTime']);
    for (const table of [types, derived, enums, flags])
      for (const name of Object.keys(table)) known.add(name);

    for (const members of Object.values(types)) {
      for (const spelled of Object.values(members)) expect(known).toContain(memberType(spelled).name);
    }
  });
});

describe('a body', () => {
  const refused: Record<string, JsonObject> = {
    'an unknown member': mfaForAll({ colour: 'red' }),
    'a beta member': mfaForAll({ conditions: conditions({ agentIdRiskLevels: 'high' }) }),
    'an unknown enum member': mfaForAll({ state: 'on' }),
    'unknownFutureValue sent back': mfaForAll({
      conditions: conditions({ platforms: { includePlatforms: ['unknownFutureValue'] } }),
    }),
    'null for a collection': mfaForAll({ conditions: conditions({ clientAppTypes: null }) }),
    'a string for a collection': mfaForAll({ conditions: conditions({ users: { includeUsers: 'All' } }) }),
    'no state': { displayName: 'x', conditions: conditions({}) },
    'half a filter': mfaForAll({
      conditions: conditions({ devices: { deviceFilter: { mode: 'include' } } }),
    }),
    'an annotation': mfaForAll({
      grantControls: {
        operator: 'OR',
        builtInControls: ['mfa'],
        'authenticationStrength@odata.context': 'x',
      },
    }),
    ...Object.fromEntries(
      readOnly.map((member) => [`${member}, which is read-only`, mfaForAll({ [member]: 'x' })]),
    ),
  };
  for (const [what, body] of Object.entries(refused)) {
    it(`with ${what} is refused with 1007`, async () => {
      const { tenant, call } = bench();

      const answer = await call('POST', policiesPath, body);

      expect(answer.status).toBe(400);
      expect(errorOf(answer).message).toMatch(/^1007: /);
      expect(tenant.truth()).toEqual([]);
    });
  }

  it('that is no JSON object is refused', async () => {
    const { call } = bench();

    for (const body of ['{', '[]', '"x"', undefined]) {
      expect((await call('POST', policiesPath, body)).status).toBe(400);
    }
  });

  it('may carry nulls of members nobody knows; they are dropped and logged', async () => {
    const { tenant, call } = bench();
    const body = mfaForAll({
      conditions: conditions({ clients: null, users: { includeUsers: ['All'], agents: null } }),
    });

    expect((await call('POST', policiesPath, body)).status).toBe(201);

    expect(tenant.log.at(-1)?.dropped).toEqual(['conditions.users.agents', 'conditions.clients']);
  });

  it('may spell flags in any case and order', async () => {
    const { call } = bench();
    const users = {
      includeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'ServiceProvider, B2bCollaborationGuest',
        externalTenants: null,
      },
    };

    const answer = await call('POST', policiesPath, mfaForAll({ conditions: conditions({ users }) }));

    expect(answer.json).toMatchObject({
      conditions: {
        users: {
          includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest,serviceProvider' },
        },
      },
    });
  });

  it('in full dress is answered as published', async () => {
    const { call } = bench();
    const body = mfaForAll({
      conditions: conditions({
        clientAppTypes: ['browser'],
        users: {
          includeUsers: ['All'],
          excludeGuestsOrExternalUsers: {
            guestOrExternalUserTypes: 'internalGuest',
            externalTenants: {
              '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
              membershipKind: 'enumerated',
              members: ['72f988bf-86f1-41af-91ab-2d7cd011db47'],
            },
          },
        },
        platforms: { includePlatforms: ['all'], excludePlatforms: ['linux'] },
        locations: { includeLocations: ['AllTrusted'] },
        devices: { deviceFilter: { mode: 'exclude', rule: 'device.isCompliant -eq True' } },
        authenticationFlows: {},
        insiderRiskLevels: 'elevated',
        signInRiskLevels: ['high'],
      }),
      grantControls: { operator: 'AND', builtInControls: ['riskRemediation'] },
      sessionControls: {
        cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' },
        secureSignInSession: { isEnabled: true },
      },
    });

    const created = await call('POST', policiesPath, body);
    const listed = await call('GET', policiesPath);

    expect(created.status).toBe(201);
    expect(isPublishedPolicy(created.json)).toBe(true);
    expect(isPublishedPolicy((listed.json.value as JsonObject[])[0] ?? null)).toBe(true);
  });
});

interface PublishedType {
  allOf?: PublishedType[];
  $ref?: string;
  properties?: Record<string, PublishedMember>;
}
interface PublishedMember {
  $ref?: string;
  type?: string | string[];
  format?: string;
  items?: PublishedMember;
  anyOf?: PublishedMember[];
}

/** Members with types, in our spelling; annotations aside. */
function publishedMembers(schemas: Record<string, PublishedType>, name: string): Record<string, string> {
  const members: Record<string, string> = {};
  const collect = (type: PublishedType | undefined): void => {
    for (const part of type?.allOf ?? []) collect(part);
    if (type?.$ref) collect(schemas[type.$ref.replace('#/components/schemas/', '')]);
    for (const [member, schema] of Object.entries(type?.properties ?? {})) {
      if (!member.includes('@odata.')) members[member] = spelledType(schema);
    }
  };
  collect(schemas[`microsoft.graph.${name}`]);
  return sorted(members);
}

function spelledType(schema: PublishedMember): string {
  if (schema.$ref) return schema.$ref.replace('#/components/schemas/microsoft.graph.', '');
  if (schema.items) return `${spelledType(schema.items)}[]`;
  if (schema.anyOf) return `${spelledType(schema.anyOf[0] ?? {})}?`;
  const [type, orNull] = [schema.type ?? []].flat();
  const named = schema.format === 'date-time' ? 'dateTime' : (schema.format ?? type ?? '');
  return orNull === 'null' ? `${named}?` : named;
}

function described(members: Readonly<Record<string, string>>): Record<string, string> {
  return sorted({ ...members });
}

function sorted(members: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}
