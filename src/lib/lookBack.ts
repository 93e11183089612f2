import type { Parameters, ProtectedIdentities } from './desired.ts';
import { Fault } from './fault.ts';
import type { Ports } from './ports.ts';
import { type Undo, undo } from './undo.ts';

/** Where a run is looked back from: settings alone. */
export interface Viewpoint {
  readonly parameters: Parameters;
  readonly identities: ProtectedIdentities;
}

/**
 * Reads what a run did and what has become of it, and says what taking it back would mean. Four requests to the tables,
 * one list of the tenant; writes nothing.
 *
 * @returns undefined when neither report nor journal knows the run
 * @throws Fault when something cannot be read whole
 */
export async function lookBack(
  runId: string,
  { runs, journal, desired, bindings, policies }: Ports,
  viewpoint: Viewpoint,
): Promise<Undo | undefined> {
  const report = (await runs.get(runId)) ?? null;
  const entries = await journal.ofRun(runId);
  if (report === null && entries.length === 0) return undefined;
  const bound = await bindings.all();
  const list = await policies.list();
  if (list.doubts.length > 0)
    throw new Fault('unavailable', `the list of policies: ${list.doubts.join('; ')}`);
  return undo({
    runId,
    report,
    entries,
    heads: await desired.heads(),
    bindings: new Map(bound.bindings.map((binding) => [binding.key, binding])),
    live: new Map(list.policies.map((raw) => [String(raw.id).toLowerCase(), raw])),
    ...viewpoint,
  });
}
