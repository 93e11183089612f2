import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTenant,
  type Json,
  type JsonObject,
  type Spelling,
  spellings,
  type Tenant,
} from '../../sandbox/tenant/index.ts';
import { parseDesired } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical, read } from '../../src/lib/policy/canonical.ts';
import type { Policy, RawPolicy } from '../../src/lib/policy/model.ts';
import { createBody, updateBody } from '../../src/lib/policy/render.ts';
import { draft } from './generators.ts';

const POLICIES = '/v1.0/identity/conditionalAccess/policies';

/**
 * Refused by the service and admitted by the validator on purpose: such policies exist in tenants, so they can be
 * adopted and watched, although nobody can make or edit them any more.
 */
const ADMITTED_ALL_THE_SAME = [
  /approvedApplication is retired/,
  /App-enforced restrictions go with Office 365/,
];

/** What the validator admits, in canonical form. */
const desired: fc.Arbitrary<Policy> = draft
  .map((raw) => parseDesired(JSON.stringify(raw)))
  .filter((parsed) => parsed.ok)
  .map((parsed) => canonical((parsed as { document: { raw: RawPolicy } }).document.raw));

function tenantFor(policies: readonly Policy[], mergeDepth: 2 | 3, seed: number): Tenant {
  const strengths = policies
    .map((policy) => policy['grantControls.authenticationStrength.id'])
    .filter((id) => typeof id === 'string')
    .map((id): JsonObject => ({ id, displayName: 'A strength of ours' }));
  return createTenant({ unlistedLocations: 'any', strengths, mergeDepth, seed });
}

async function ask(tenant: Tenant, method: string, path: string, body?: RawPolicy): Promise<JsonObject> {
  const answer = await tenant.handle({
    method,
    path,
    headers: { 'content-type': 'application/json', prefer: 'include-unknown-enum-members' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (typeof answer === 'string') throw new Error(answer);
  return answer.body === undefined ? {} : (JSON.parse(answer.body) as JsonObject);
}

function refusal({ error }: JsonObject): string | undefined {
  return error === undefined ? undefined : String((error as Record<string, Json>).message);
}

describe('a desired policy that the validator admits', () => {
  it('is taken by the service as it is, and read back without drift in any spelling', async () => {
    await fc.assert(
      fc.asyncProperty(
        desired,
        fc.subarray(Object.keys(spellings) as Spelling[]),
        fc.nat(),
        async (wanted, struck, seed) => {
          const tenant = tenantFor([wanted], 3, seed);

          const made = await ask(tenant, 'POST', POLICIES, createBody(wanted));

          const refused = refusal(made);
          if (refused !== undefined) {
            expect(ADMITTED_ALL_THE_SAME.some((known) => known.test(refused)) || refused).toBe(true);
            return;
          }
          for (const spelling of struck) tenant.arm(spelling);
          const shown = await ask(tenant, 'GET', `${POLICIES}/${String(made.id)}`);
          expect(fieldDrifts(wanted, canonical(shown))).toEqual([]);
          expect(read(shown).unrecognised.filter(({ empty }) => !empty)).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is reached from any other by one request, however deep the service merges', async () => {
    await fc.assert(
      fc.asyncProperty(
        desired,
        desired,
        fc.constantFrom<2 | 3>(2, 3),
        fc.nat(),
        async (before, wanted, mergeDepth, seed) => {
          const tenant = tenantFor([before, wanted], mergeDepth, seed);
          const made = await ask(tenant, 'POST', POLICIES, createBody(before));
          fc.pre(refusal(made) === undefined);
          const address = `${POLICIES}/${String(made.id)}`;
          const observed = canonical(await ask(tenant, 'GET', address));
          const drifts = fieldDrifts(wanted, observed);
          fc.pre(drifts.length > 0);

          const objects = [...new Set(drifts.map(({ object }) => object))];
          const refused = refusal(await ask(tenant, 'PATCH', address, updateBody(observed, wanted, objects)));

          if (refused !== undefined) {
            expect(ADMITTED_ALL_THE_SAME.some((known) => known.test(refused)) || refused).toBe(true);
            return;
          }
          expect(fieldDrifts(wanted, canonical(await ask(tenant, 'GET', address)))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
