import type { JsonObject } from '../../sandbox/tenant/model.ts';
import type { ProtectedIdentities } from '../../src/lib/desired.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { LOCK_OUT } from '../../src/lib/record.ts';
import type { ReportedFinding, RunReport } from '../../src/lib/report.ts';
import { type World, world } from '../support/world.ts';
import { type Attempt, LAPSED_MS, type Pair } from './case.ts';
import { TENANT_OPTIONS } from './tenant.ts';

/** Key of the policy an attempt is about. */
export const KEY = 'red';
const BESIDE = 'beside';

/** The red team's tenant, in which the one whom a pair is about is protected. */
export function worldFor(
  { who, allowed }: Pick<Pair, 'who' | 'allowed'>,
  policies: readonly RawPolicy[] = [],
  identities: ProtectedIdentities = { users: [who], groups: [] },
): Promise<World> {
  return world({
    tenant: { ...TENANT_OPTIONS, policies: policies as readonly JsonObject[] },
    protected: identities,
    allowedControls: allowed,
  });
}

/** The world as it is before an attempt. @param identities who is protected; left out, the pair's person by name */
export function begin(
  pair: Pair,
  { how, before }: Attempt,
  identities?: ProtectedIdentities,
): Promise<World> {
  return worldFor(pair, how === 'adopt' && before !== null ? [before] : [], identities);
}

/** Longer than a create may stay invisible. */
const CREATE_LAG_MS = 600_000;

/** Carries an attempt out as its maker would, with a product that enforces. @returns the report of the last run */
export async function play(attempt: Attempt, made: World): Promise<RunReport> {
  const { how, before, desired, file, beside } = attempt;
  const wanted = { [KEY]: file, ...(beside === null ? {} : { [BESIDE]: beside }) };
  switch (how) {
    case 'create':
    case 'adopt':
      await made.push(wanted);
      return runWithConsent(made);
    case 'edit':
      await made.push({ [KEY]: before ?? {} });
      await made.run();
      await made.push(wanted);
      return runWithConsent(made);
    case 'repair':
    case 'restore':
      await made.push(wanted);
      await made.run();
      // What was made just now and is gone might only not be visible yet.
      await made.wait(CREATE_LAG_MS);
      tamper(made, desired, before ?? {});
      if (how === 'restore') made.tenant.admin.remove(idOf(made, desired));
      return runWithConsent(made);
    case 'lapse':
      await made.push(wanted);
      await runWithConsent(made);
      await made.wait(LAPSED_MS - made.clock.now());
      return runWithConsent(made);
    case 'undo': {
      await made.push({ [KEY]: before ?? {} });
      await made.run();
      tamper(made, before ?? {}, desired);
      const { runId } = await made.run();
      const taken = await made.undo(runId);
      await made.push(Object.fromEntries((taken?.steps ?? []).map(({ key, content }) => [key, content])));
      return runWithConsent(made);
    }
  }
}

/**
 * A second person consents to whatever was not carried out, denied or not: nothing lethal goes by that, and the twin waits
 * for nothing else.
 */
export async function runWithConsent(made: World): Promise<RunReport> {
  const report = await made.run();
  const digests = report.policies.flatMap(({ verdict, change }) =>
    change !== null && (verdict === 'hold' || verdict === 'deny') ? [change.digest] : [],
  );
  if (digests.length === 0) return report;
  await made.approve(digests);
  return made.run();
}

/** A hand makes something else of one of our policies. */
export function tamper(made: World, desired: RawPolicy, tampered: RawPolicy): void {
  made.tenant.admin.edit(idOf(made, desired), (policy) => {
    Object.assign(policy, structuredClone(tampered));
  });
}

/** Id of the live policy that carries the desired name. */
export function idOf({ live }: World, { displayName }: RawPolicy): string {
  return String(live(String(displayName)).id);
}

/** Ids of the policies that shut somebody out as they stand in the tenant. */
export function lockOutsIn(findings: readonly ReportedFinding[]): readonly (string | undefined)[] {
  return findings
    .filter(({ rule, decision, level }) => rule === LOCK_OUT && decision === 'note' && level === 'error')
    .map(({ policyId }) => policyId);
}
