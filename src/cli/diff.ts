import { parseDesired } from '../lib/desired.ts';
import { type FieldDrift, fieldDrifts, type Observed, observe } from '../lib/diff.ts';
import { Fault } from '../lib/fault.ts';
import { effectiveAt } from '../lib/observe.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredVersion, Ports } from '../lib/ports.ts';
import { plain } from '../lib/text.ts';
import { fieldsAsJson, movesBetween, renderField, renderMoves } from './moves.ts';
import { appHere } from './operator.ts';
import { openStore } from './store.ts';
import { namedVersion } from './stored.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

/** Stands for what is there, in place of a version. A key of this name is meant with its version: `tenant@1`. */
export const TENANT = 'tenant';

interface Side {
  readonly name: string;
  readonly version: number | null;
}

export async function diffCommand(
  from: string,
  to: string,
  options: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { desired } = openStore(terminal);
  const before = await namedVersion(from, desired);
  const { fields, lines, side } =
    to === TENANT
      ? await againstTenant(before, terminal)
      : againstVersion(before, await namedVersion(to, desired));
  const first: Side = { name: before.key, version: before.version };
  if (options.json === true)
    terminal.out(`${JSON.stringify({ from: first, to: side, fields: fieldsAsJson(fields), lines })}\n`);
  else
    terminal.out(
      `${[`${nameOf(first)} → ${nameOf(side)}`, ...renderMoves({ lines })].map(plain).join('\n')}\n`,
    );
  return lines.length === 0 ? EXIT.done : EXIT.drift;
}

function nameOf({ name, version }: Side): string {
  return version === null ? name : `${name}@${version}`;
}

interface Compared {
  readonly fields: readonly FieldDrift[];
  /** Empty: they say the same. */
  readonly lines: readonly string[];
  readonly side: Side;
}

function againstVersion(before: DesiredVersion, after: DesiredVersion): Compared {
  const { fields, lines } = movesBetween(before, after);
  return { fields, lines, side: { name: after.key, version: after.version } };
}

/** What the tenant has in place of a version, with parameters, emergency accounts and exceptions as they count now and here. */
async function againstTenant(before: DesiredVersion, terminal: Terminal): Promise<Compared> {
  const app = appHere(terminal);
  const parsed = parseDesired(before.content);
  if (!parsed.ok)
    throw new Fault(
      'config',
      `version ${before.version} of ${before.key} says nothing that could be carried out`,
    );
  const ports = app.open(quietLog(terminal));
  const live = await livePolicy(before.key, parsed.document.displayName, ports);
  const side: Side = { name: TENANT, version: null };
  if (live === undefined) return { fields: [], lines: ['missing: the tenant has no such policy'], side };
  const wanted = effectiveAt(parsed.document, app.parameters, app.settings.protected, ports.clock.now());
  const fields = fieldDrifts(wanted, live.reading.policy);
  return { fields, lines: fields.map((field) => renderField(field)), side };
}

/** @throws Fault when the policy cannot be read, or several carry its name */
async function livePolicy(
  key: PolicyKey,
  displayName: string,
  { bindings, policies }: Ports,
): Promise<Observed | undefined> {
  const id = (await bindings.all()).bindings.find((binding) => binding.key === key)?.id ?? null;
  if (id !== null) {
    const read = await policies.read(id);
    if (read.kind === 'hidden')
      throw new Fault('rejected', `${id} uses preview features, so Graph v1.0 does not show it (1037)`);
    return read.kind === 'found' ? observe(id, read.raw) : undefined;
  }
  const named = (await policies.list()).policies.filter((raw) => raw.displayName === displayName);
  if (named.length > 1)
    throw new Fault(
      'rejected',
      `${named.length} policies are named "${displayName}", and none is bound to ${key}`,
    );
  return named[0] === undefined ? undefined : observe(String(named[0].id), named[0]);
}
