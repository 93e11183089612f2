import { isKey } from '../desired.ts';
import { asFault, Fault } from '../fault.ts';
import type { PolicyKey, TenantId } from '../policy/model.ts';
import type { DamagedRow, DesiredPush, DesiredRead, DesiredState, DesiredVersion } from '../ports.ts';
import { isSignedBy, type PublicSigner, type Signer } from '../signature.ts';
import { documentColumns, readDocument } from './documents.ts';
import { desiredKeys } from './keys.ts';
import { batchBytes, checkRow, LIMITS } from './limits.ts';
import type { Cell, Row, Rows, RowWrite, StoredRow } from './rows.ts';
import { signedBytes, type VersionFacts, versionHash } from './versionHash.ts';

/** Row keys have this many digits for it; more would stand in the wrong order. */
const VERSION_MAX = 9_999_999_999;
/** More versions of one policy than anybody loses; whoever claims to have seen a later one uses the numbers up. */
const MISSING_MAX = 1_000;

/** Whose versions these are, and who is believed. */
interface Trust {
  readonly tenant: TenantId;
  /** Empty: anybody, signed or not. */
  readonly signers: readonly PublicSigner[];
}

/** The newest version of each key, as far as it can be believed, with the row it stands in. */
interface Head {
  readonly row: StoredRow;
  readonly read: VersionRead;
}

type VersionRead =
  | { readonly kind: 'whole'; readonly version: DesiredVersion }
  /** Its hash fits, so it is what it was; but nobody who is believed has signed it. */
  | { readonly kind: 'unsigned'; readonly version: DesiredVersion; readonly problem: string }
  | { readonly kind: 'damaged'; readonly problem: string };

/** One version on its way into the table. Both of its rows go in one transaction or not at all. */
interface Prepared {
  readonly version: DesiredVersion;
  readonly writes: readonly RowWrite[];
}

/**
 * The desired state of one tenant: a row for every version ever pushed, and for each key a head row that carries the
 * newest one's content as well, so that a run needs one query whatever the history.
 *
 * @param signers who is believed; none: everybody, signed or not
 */
export function desiredState(
  tenant: TenantId,
  rows: Rows,
  signers: readonly PublicSigner[] = [],
): DesiredState {
  const trust: Trust = { tenant, signers };
  return {
    async heads() {
      const reads = [...(await readHeads(trust, rows))].map(([key, { read }]) => ({ key, read }));
      return {
        versions: reads.flatMap(({ read }) => (read.kind === 'whole' ? [read.version] : [])),
        damaged: reads.flatMap(({ key, read }) =>
          read.kind === 'whole' ? [] : [damagedHead(key, read.problem)],
        ),
      };
    },

    async version(key, number) {
      const row = await rows.read(desiredKeys.version(key, number));
      const read = row === undefined ? undefined : readVersion(trust, key, row);
      const isIt = read?.kind === 'whole' && read.version.version === number;
      return isIt ? read.version : undefined;
    },

    history: (key) => readHistory(trust, rows, key),

    async push(items, signer = null) {
      checkItems(items);
      const heads = await readHeads(trust, rows);
      const prepared: Prepared[] = [];
      for (const item of items) prepared.push(await prepare(trust, rows, item, heads.get(item.key), signer));

      const written: PolicyKey[] = [];
      for (const batch of batches(prepared)) {
        await commit(trust, rows, batch, written);
        written.push(...batch.map(({ version }) => version.key));
      }
      return prepared.map(({ version }) => version);
    },
  };
}

async function readHeads(trust: Trust, rows: Rows): Promise<ReadonlyMap<PolicyKey, Head>> {
  const heads = new Map<PolicyKey, Head>();
  for (const row of await rows.range(desiredKeys.heads)) {
    const key = desiredKeys.ofHead(row.rowKey);
    heads.set(key, { row, read: readVersion(trust, key, row) });
  }
  return heads;
}

function damagedHead(key: PolicyKey, problem: string): DamagedRow {
  const advice = isKey(key)
    ? `see \`caretaker history ${key}\` and push the version you trust again (\`caretaker rollback\`)`
    : 'look at it and remove it';
  return { key, problem: `the row "${desiredKeys.head(key)}" of table "desired": ${problem}; ${advice}` };
}

async function readHistory(trust: Trust, rows: Rows, key: PolicyKey): Promise<DesiredRead> {
  const versions: DesiredVersion[] = [];
  const damaged: DamagedRow[] = [];
  /** Previous hashes of what is believed: a signed version vouches for the one it was made on, whoever signed that. */
  const vouchedFor = new Set<string | null>();
  for (const row of (await rows.range(desiredKeys.versionsOf(key))).toReversed()) {
    const read = placed(key, row, readVersion(trust, key, row));
    const isVouchedFor = read.kind === 'unsigned' && vouchedFor.has(read.version.hash);
    if (read.kind !== 'damaged') versions.push(read.version);
    if (read.kind === 'whole' || isVouchedFor) vouchedFor.add(read.version.previousHash);
    else damaged.push(damagedVersion(key, row, read));
  }
  return {
    versions,
    damaged: [...damaged.toReversed(), ...brokenLinks(key, versions.toReversed())],
  };
}

/** A version in the place of another is damage, however sound it is. */
function placed(key: PolicyKey, { rowKey }: StoredRow, read: VersionRead): VersionRead {
  if (read.kind === 'damaged' || rowKey === desiredKeys.version(key, read.version.version)) return read;
  return { kind: 'damaged', problem: `it holds version ${read.version.version}` };
}

function damagedVersion(
  key: PolicyKey,
  { rowKey }: StoredRow,
  read: Exclude<VersionRead, { kind: 'whole' }>,
): DamagedRow {
  const problem = `the row "${rowKey}" of table "desired": ${read.problem}`;
  return read.kind === 'damaged' ? { key, problem } : { key, problem, doubted: read.version.version };
}

/** @param versions of one key, oldest first */
function brokenLinks(key: PolicyKey, versions: readonly DesiredVersion[]): DamagedRow[] {
  const broken: DamagedRow[] = [];
  for (const [index, { version, previousHash }] of versions.entries()) {
    const before = versions[index - 1];
    const expected = (before?.version ?? 0) + 1;
    if (version > 1 && previousHash === null) {
      broken.push({ key, problem: `version ${version} begins a chain of its own` });
    }
    if (version > expected) {
      const gap =
        version - 1 === expected ? `version ${expected} is` : `versions ${expected} to ${version - 1} are`;
      broken.push({ key, problem: `${gap} missing from the history, or cannot be believed` });
    } else if (previousHash !== null && previousHash !== before?.hash) {
      broken.push({
        key,
        problem: `version ${version} was not made on version ${version - 1} as it stands here`,
      });
    }
  }
  return broken;
}

/** Reads a head or a version row; both carry the whole version. */
function readVersion(trust: Trust, key: PolicyKey, row: StoredRow): VersionRead {
  // No command could name such a policy, to compare or to release it.
  if (!isKey(key)) return { kind: 'damaged', problem: 'its name is no policy key' };
  const document = readDocument(row.columns);
  if (document.kind === 'damaged') return document;

  const { version, hash, author, pushedAt, message, active, previousHash = null } = row.columns;
  const { signer, signature } = row.columns;
  if (!isCount(version)) return { kind: 'damaged', problem: 'its version is not a number' };
  if (typeof active !== 'boolean')
    return { kind: 'damaged', problem: 'its column active is not true or false' };
  if (previousHash !== null && typeof previousHash !== 'string') {
    return { kind: 'damaged', problem: 'its column previousHash is not text' };
  }
  if (typeof author !== 'string' || typeof pushedAt !== 'string' || typeof message !== 'string') {
    return { kind: 'damaged', problem: 'its columns author, pushedAt and message are not all text' };
  }

  const content = document.text;
  const facts = { key, version, content, previousHash, author, pushedAt, message, active };
  if (versionHash(trust.tenant, facts) !== hash) {
    return { kind: 'damaged', problem: 'its hash does not fit what it holds' };
  }
  const isSigned = typeof signer === 'string' && typeof signature === 'string';
  const read: DesiredVersion = { ...facts, hash, signed: isSigned ? { signer, signature } : null };
  const problem = signatureProblem(trust, read);
  return problem === undefined
    ? { kind: 'whole', version: read }
    : { kind: 'unsigned', version: read, problem };
}

function signatureProblem({ tenant, signers }: Trust, version: DesiredVersion): string | undefined {
  if (signers.length === 0) return undefined;
  const { signed } = version;
  if (signed === null) return 'it is not signed';
  const signer = signers.find(({ id }) => id === signed.signer);
  if (signer === undefined)
    return `it names the signer ${JSON.stringify(signed.signer.slice(0, 80))}, who is not in DESIRED_STATE_SIGNERS`;
  const fits = isSignedBy(signer, signedBytes(tenant, version), signed.signature);
  return fits ? undefined : 'its signature does not fit what it holds';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function checkItems(items: readonly DesiredPush[]): void {
  const seen = new Set<PolicyKey>();
  for (const { key } of items) {
    if (!isKey(key)) {
      throw new Fault(
        'rejected',
        `${JSON.stringify(key.slice(0, 80))} is no policy key (a-z, 0-9, -; at most 64)`,
      );
    }
    if (seen.has(key)) throw new Fault('rejected', `${key} is given twice in one push`);
    seen.add(key);
  }
}

async function prepare(
  trust: Trust,
  rows: Rows,
  item: DesiredPush,
  head: Head | undefined,
  signer: Signer | null,
): Promise<Prepared> {
  const { tenant } = trust;
  const base = await baseOf(trust, rows, item, head);
  const { baseHash, beginsChain = false, above = 0, ...rest } = item;
  if (baseHash !== (base.newest?.hash ?? null)) {
    throw base.newest === undefined || head?.read.kind === 'whole'
      ? moved(item.key, base.newest?.version)
      : headless(item.key);
  }
  if (above > base.versionsTaken + MISSING_MAX) throw tooFarAhead(item.key, base.versionsTaken, above);
  const versionsTaken = Math.max(base.versionsTaken, above);
  if (versionsTaken >= VERSION_MAX) throw outOfNumbers(item.key, versionsTaken);

  const facts: VersionFacts = {
    ...rest,
    previousHash: beginsChain ? null : baseHash,
    version: versionsTaken + 1,
  };
  const signed = await signedBy(signer, signedBytes(tenant, facts));
  const version: DesiredVersion = { ...facts, hash: versionHash(tenant, facts), signed };
  const headRow = versionRow(desiredKeys.head(item.key), version);
  const writes: RowWrite[] = [
    { kind: 'insert', row: versionRow(desiredKeys.version(item.key, version.version), version) },
    head === undefined
      ? { kind: 'insert', row: headRow }
      : { kind: 'replace', row: headRow, etag: head.row.etag },
  ];
  for (const write of writes) if (write.kind !== 'remove') checkRow('desired', tenant, write.row);
  return { version, writes };
}

async function signedBy(signer: Signer | null, bytes: Buffer): Promise<DesiredVersion['signed']> {
  return signer === null ? null : { signer: signer.public.id, signature: await signer.sign(bytes) };
}

function tooFarAhead(key: PolicyKey, taken: number, seen: number): Fault {
  return new Fault(
    'rejected',
    `version ${seen} of ${key} is said to have been seen, and the newest row here is ${taken}: look at the row of ${key} in table "bindings", which was hardly written by a run`,
  );
}

function outOfNumbers(key: PolicyKey, taken: number): Fault {
  const row = desiredKeys.version(key, taken);
  return new Fault(
    'rejected',
    `table "desired": there is no number left after the row "${row}", which was not written by \`caretaker\`: look at it and remove it`,
  );
}

interface Base {
  /** The newest version that can be believed. */
  readonly newest: DesiredVersion | undefined;
  /** Highest number that was ever given away. */
  readonly versionsTaken: number;
}

/**
 * A head that is gone, cannot be believed or was put back is mended by the next push, which then builds on the history.
 * Head and version are written together, so of what was pushed the history never has more than the head.
 */
async function baseOf(
  trust: Trust,
  rows: Rows,
  { key, baseHash }: Pick<DesiredPush, 'key' | 'baseHash'>,
  head: Head | undefined,
): Promise<Base> {
  if (head?.read.kind === 'whole' && head.read.version.hash === baseHash) {
    return { newest: head.read.version, versionsTaken: head.read.version.version };
  }
  const stored = await rows.range(desiredKeys.versionsOf(key));
  const newest = stored
    .toReversed()
    .map((row) => placed(key, row, readVersion(trust, key, row)))
    .find((read) => read.kind === 'whole');
  const numbers = stored.map(({ rowKey }) => Number(rowKey.split('|')[2])).filter(isCount);
  return { newest: newest?.version, versionsTaken: Math.max(0, ...numbers) };
}

function moved(key: PolicyKey, newest: number | undefined): Fault {
  const what =
    newest === undefined
      ? `the base of ${key} moved: there is no version of it here`
      : `the base of ${key} moved: somebody pushed version ${newest} since`;
  return new Fault('rejected', `${what}; look at it, then push again`);
}

/** Pushing again cannot help: only somebody who looks can say which version is to be gone on from. */
function headless(key: PolicyKey): Fault {
  return new Fault(
    'rejected',
    `the newest row of ${key} is missing or cannot be believed; see \`caretaker history ${key}\` and go back to a version you trust (\`caretaker rollback\`)`,
  );
}

function versionRow(rowKey: string, version: DesiredVersion): Row {
  const { content, previousHash, key, active, author, pushedAt, message, hash, signed } = version;
  const columns: Record<string, Cell> = {
    ...documentColumns(content),
    key,
    version: version.version,
    hash,
    author,
    pushedAt,
    message,
    active,
    ...signed,
    ...(previousHash === null ? {} : { previousHash }),
  };
  return { rowKey, columns };
}

/** As few transactions as the service's limits allow; the rows of one key always stay together. */
function batches(prepared: readonly Prepared[]): Prepared[][] {
  const result: Prepared[][] = [];
  let bytes = 0;
  let count = 0;
  for (const one of prepared) {
    const size = one.writes.reduce((sum, write) => sum + batchBytes(write), 0);
    const last = result.at(-1);
    const full = bytes + size > LIMITS.batchBytes || count + one.writes.length > LIMITS.batchWrites;
    if (last === undefined || full) {
      result.push([one]);
      bytes = size;
      count = one.writes.length;
    } else {
      last.push(one);
      bytes += size;
      count += one.writes.length;
    }
  }
  return result;
}

async function commit(
  trust: Trust,
  rows: Rows,
  batch: readonly Prepared[],
  written: readonly PolicyKey[],
): Promise<void> {
  const trouble = await attempt(rows, batch);
  if (trouble === undefined) return;

  // The answer may have been lost after the transaction was carried out: then the heads are ours.
  const heads = await readHeads(trust, rows);
  const foreign = batch.filter(({ version }) => hashAt(heads, version.key) !== version.hash);
  if (foreign.length === 0) return;
  throw withWritten(trouble.kind === 'indeterminate' ? trouble : refusal(foreign, heads), written);
}

async function attempt(rows: Rows, batch: readonly Prepared[]): Promise<Fault | undefined> {
  try {
    const answer = await rows.transact(batch.flatMap(({ writes }) => writes));
    return answer === 'done' ? undefined : new Fault('rejected', 'the push was refused');
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === 'indeterminate') return fault;
    throw fault;
  }
}

function hashAt(heads: ReadonlyMap<PolicyKey, Head>, key: PolicyKey): string | undefined {
  const read = heads.get(key)?.read;
  return read === undefined || read.kind === 'damaged' ? undefined : read.version.hash;
}

function refusal(batch: readonly Prepared[], heads: ReadonlyMap<PolicyKey, Head>): Fault {
  for (const { version } of batch) {
    const read = heads.get(version.key)?.read;
    const newest = read?.kind === 'whole' ? read.version : undefined;
    if ((newest?.hash ?? null) !== version.previousHash) return moved(version.key, newest?.version);
  }
  const inTheWay = batch
    .map(({ version }) => `"${desiredKeys.version(version.key, version.version)}"`)
    .join(' or ');
  const message = `table "desired": a row ${inTheWay} is there already, though no head points to it`;
  return new Fault(
    'rejected',
    `${message}; somebody wrote to the table by other means: see \`caretaker history\`, and go back to a version it shows (\`caretaker rollback\`), or remove the row where it holds none`,
  );
}

function withWritten(fault: Fault, written: readonly PolicyKey[]): Fault {
  if (written.length === 0) return fault;
  return new Fault(
    fault.kind,
    `${fault.message} (already pushed: ${written.join(', ')})`,
    fault.detail,
    fault,
  );
}
