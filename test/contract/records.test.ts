import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Binding, NewJournalEntry } from '../../src/lib/journal.ts';
import type { ReportedPolicy, RunReport } from '../../src/lib/report.ts';
import { newRunId, type TenantStorage } from '../../src/lib/storage/index.ts';
import { summaryOf } from '../../src/lib/storage/runs.ts';
import { type Bench, HOSTILE_TEXTS, places } from './bench.ts';

const DAY_MS = 86_400_000;

function binding(changes: Partial<Binding> = {}): Binding {
  return {
    key: 'require-mfa',
    id: randomUUID(),
    origin: 'created',
    boundAt: 1_700_000_000_000,
    proven: { version: 3, hash: 'ab', at: 1_700_000_000_001 },
    highestVersion: 4,
    pending: null,
    refusal: null,
    ...changes,
  };
}

function intent(runId: string, changes: object = {}): NewJournalEntry {
  return {
    kind: 'intent',
    runId,
    fence: 7,
    key: 'require-mfa',
    intentId: randomUUID(),
    digest: 'd',
    action: 'update',
    id: randomUUID(),
    preImage: { displayName: 'CA001' },
    body: { state: 'enabled' },
    desiredVersion: 1,
    ...changes,
  } as NewJournalEntry;
}

function policy(changes: Partial<ReportedPolicy> = {}): ReportedPolicy {
  return {
    key: 'require-mfa',
    id: randomUUID(),
    displayName: 'CA001',
    version: 1,
    proven: true,
    drift: 'modified',
    fields: [],
    change: { action: 'update', digest: 'd' },
    verdict: 'admit',
    findings: [],
    waitingSince: null,
    isApprovable: false,
    meanwhile: null,
    switchedOnSince: null,
    outcome: { status: 'applied', settled: true, reason: null },
    ...changes,
  };
}

function report(tenantId: string, runId: string, changes: Partial<RunReport> = {}): RunReport {
  return {
    runId,
    tenantId,
    trigger: 'schedule',
    requestedBy: null,
    mode: 'enforce',
    startedAt: '2026-11-24T08:24:13.123Z',
    finishedAt: null,
    status: 'remediated',
    policies: [policy()],
    protected: [],
    protectedReadAt: null,
    unmanaged: [],
    findings: [],
    remaining: 0,
    requests: { graph: 1, tables: 3 },
    error: null,
    ...changes,
  };
}

describe.each(places)('bindings, journal and runs $name', ({ start }) => {
  let place: Awaited<ReturnType<typeof start>>;
  let bench: Bench;
  let storage: TenantStorage;
  const runIdAt = (ms: number) => newRunId(ms, randomUUID());

  beforeAll(async () => {
    place = await start();
  });
  afterAll(() => place.stop());
  beforeEach(() => {
    bench = place.bench();
    storage = bench.open();
  });

  describe('bindings', () => {
    it('keeps the last word for each key until it is removed', async () => {
      const kept = binding({ key: 'kept', proven: null });
      const pending = {
        action: 'create',
        intentId: randomUUID(),
        displayName: HOSTILE_TEXTS[3],
        at: 1_700_000_000_000,
      } as const;
      await storage.bindings.put(binding());
      await storage.bindings.put(kept);
      await storage.bindings.put(binding({ id: null, pending }));

      expect((await storage.bindings.all()).bindings).toMatchObject([{ key: 'kept' }, { id: null, pending }]);
      await storage.bindings.remove('require-mfa');
      await storage.bindings.remove('require-mfa');

      expect(await storage.bindings.all()).toEqual({ bindings: [kept], damaged: [] });
    });

    it.each([
      ['cut off', { json0: '{"key"' }],
      ['emptied', { json0: undefined, jsonChunks: undefined }],
      ['given another object', { json0: JSON.stringify(binding()) }],
    ])('reports a binding that was %s instead of taking it for none', async (_, changes) => {
      await storage.bindings.put(binding());
      await storage.bindings.put(binding({ key: 'sound' }));
      await bench.edit('bindings', 'require-mfa', changes);

      const { bindings, damaged } = await storage.bindings.all();

      expect(bindings.map(({ key }) => key)).toEqual(['sound']);
      expect(damaged).toMatchObject([{ key: 'require-mfa' }]);
    });

    it('reports a whole document that is no binding, or another key’s', async () => {
      await storage.bindings.put(binding({ key: 'a' }));
      const row = await bench.raw('bindings').read('a');
      await bench.raw('bindings').put({ rowKey: 'b', columns: row?.columns as Record<string, string> });
      await storage.bindings.put({
        ...binding({ key: 'c' }),
        proven: { version: '1' },
      } as unknown as Binding);

      const { bindings, damaged } = await storage.bindings.all();

      expect(bindings.map(({ key }) => key)).toEqual(['a']);
      expect(damaged.map(({ key }) => key)).toEqual(['b', 'c']);
    });
  });

  describe('the journal', () => {
    it('gives back the entries of one run in the order they were written', async () => {
      const runId = runIdAt(bench.clock.now());
      const other = runIdAt(bench.clock.now());
      const first = intent(runId);
      const rest = {
        runId,
        fence: 7,
        key: first.key,
        intentId: first.intentId,
        digest: 'd',
      };
      const outcome = {
        ...rest,
        kind: 'outcome',
        status: 'applied',
        id: 'x',
        reason: null,
        clientRequestId: 'c',
      } as const;
      const settled = { ...rest, kind: 'settled', settled: true, reason: null } as const;

      await storage.journal.append(first);
      await storage.journal.append(intent(other));
      await storage.journal.append(outcome);
      bench.clock.advance(5_000);
      await storage.journal.append(settled);

      const at = bench.clock.now() - 5_000;
      expect(await storage.journal.ofRun(runId)).toEqual([
        { ...first, at },
        { ...outcome, at },
        { ...settled, at: at + 5_000 },
      ]);
    });

    it('keeps the order of writing when the clock is put back', async () => {
      const runId = runIdAt(bench.clock.now());
      const digests = ['1', '2', '3'];

      for (const digest of digests) {
        await storage.journal.append(intent(runId, { digest }));
        bench.clock.advance(-1_000);
      }

      expect((await storage.journal.ofRun(runId)).map(({ digest }) => digest)).toEqual(digests);
    });

    it('finds nothing of a run that never was, or of what is no run', async () => {
      await storage.journal.append(intent(runIdAt(bench.clock.now())));

      expect(await storage.journal.ofRun(runIdAt(bench.clock.now()))).toEqual([]);
      expect(await storage.journal.ofRun("' or RowKey ne '")).toEqual([]);
    });

    it.each(HOSTILE_TEXTS)('keeps a pre-image named %j', async (displayName) => {
      const runId = runIdAt(bench.clock.now());

      await storage.journal.append(intent(runId, { preImage: { displayName, lone: '\ud800' } }));

      expect(await storage.journal.ofRun(runId)).toMatchObject([
        { preImage: { displayName, lone: '\ud800' } },
      ]);
    });

    it('refuses an entry that cannot be written down whole', async () => {
      const huge = intent(runIdAt(bench.clock.now()), { preImage: { x: 'x'.repeat(600_000) } });

      await expect(storage.journal.append(huge)).rejects.toMatchObject({ kind: 'rejected' });
    });

    it('says so when an entry was damaged, rather than tell a story with a hole', async () => {
      const runId = runIdAt(bench.clock.now());
      await storage.journal.append(intent(runId));
      const [row] = await bench.raw('journal').range({ from: '0', to: ':' });
      await bench.edit('journal', String(row?.rowKey), { json0: '{}' });

      await expect(storage.journal.ofRun(runId)).rejects.toMatchObject({ kind: 'config' });
    });

    it('prunes one batch of what is old with two requests, and nothing with one', async () => {
      const startMs = bench.clock.now();
      const old = runIdAt(startMs);
      for (let entry = 0; entry < 60; entry++) await storage.journal.append(intent(old));
      bench.clock.advance(DAY_MS);
      const young = runIdAt(bench.clock.now());
      await storage.journal.append(intent(young));
      const left = async () => (await storage.journal.ofRun(old)).length;
      const pruned = async () => {
        const before = storage.requests();
        await storage.journal.prune(startMs + 1);
        return storage.requests() - before;
      };

      expect([await pruned(), await left()]).toEqual([2, 10]);
      expect([await pruned(), await left()]).toEqual([2, 0]);
      expect(await pruned()).toBe(1);
      expect(await storage.journal.ofRun(young)).toHaveLength(1);
    });
  });

  describe('runs', () => {
    it('lists the newest first, with their summaries alone', async () => {
      const startMs = bench.clock.now();
      const ids = [0, 1, 2].map((hour) => runIdAt(startMs + hour * 3_600_000));
      const reports = ids.map((runId) => report(bench.tenant, runId));
      for (const each of reports) await storage.runs.put(each);

      const latest = await storage.runs.latest(2);

      expect(latest).toEqual(reports.toReversed().slice(0, 2).map(summaryOf));
      expect(await storage.runs.latest(0)).toEqual([]);
    });

    it('replaces the report of a run by its end', async () => {
      const runId = runIdAt(bench.clock.now());
      await storage.runs.put(report(bench.tenant, runId, { status: 'running', policies: [] }));
      const end = report(bench.tenant, runId, {
        status: 'failed',
        finishedAt: '2026-11-24T08:25:00Z',
        requestedBy: { id: 'x', name: HOSTILE_TEXTS[0] },
        error: { kind: 'denied', message: HOSTILE_TEXTS[2] },
      });

      await storage.runs.put(end);

      expect(await storage.runs.get(runId)).toEqual(end);
      expect(await storage.runs.latest(5)).toEqual([summaryOf(end)]);
    });

    it('knows of no run that never was', async () => {
      expect(await storage.runs.get(runIdAt(bench.clock.now()))).toBeUndefined();
      expect(await storage.runs.get("x' or '1' eq '1")).toBeUndefined();
      expect(await storage.runs.latest(5)).toEqual([]);
      await expect(storage.runs.put(report(bench.tenant, 'x'))).rejects.toMatchObject({ kind: 'rejected' });
    });

    it('costs as many requests with 300 runs behind it as with 1', async () => {
      const startMs = bench.clock.now();
      const cost = async (session: TenantStorage, runId: string) => {
        const before = session.requests();
        await session.runs.put(report(bench.tenant, runId));
        await session.journal.append(intent(runId));
        await session.runs.get(runId);
        await session.runs.latest(20);
        await session.journal.ofRun(runId);
        await session.bindings.all();
        await session.runs.prune(startMs - DAY_MS);
        await session.journal.prune(startMs - DAY_MS);
        return session.requests() - before;
      };

      const first = await cost(storage, runIdAt(startMs));
      for (let run = 1; run < 300; run++) {
        const runId = runIdAt(startMs + run * 1_000);
        await storage.runs.put(report(bench.tenant, runId));
        await storage.journal.append(intent(runId));
      }
      const last = await cost(bench.open(), runIdAt(startMs + 300_000));

      expect(last).toBe(first);
      expect(last).toBe(8);
    });

    it('prunes what is older than the cut-off and nothing else', async () => {
      const startMs = bench.clock.now();
      const old = runIdAt(startMs - 1);
      const young = runIdAt(startMs);
      await storage.runs.put(report(bench.tenant, old));
      await storage.runs.put(report(bench.tenant, young));

      await storage.runs.prune(startMs);

      expect((await storage.runs.latest(5)).map(({ runId }) => runId)).toEqual([young]);
    });

    it('lists a damaged run as failed and does not pretend that its report is not there', async () => {
      const runId = runIdAt(bench.clock.now());
      await storage.runs.put(report(bench.tenant, runId));
      const [row] = await bench.raw('runs').range({ from: '0', to: ':' });
      await bench.edit('runs', String(row?.rowKey), { status: 'splendid', json0: '{' });

      expect(await storage.runs.latest(5)).toMatchObject([{ runId, status: 'failed' }]);
      await expect(storage.runs.get(runId)).rejects.toMatchObject({ kind: 'config' });
    });

    it('keeps a report that is too long, and says what was left out', async () => {
      const long = Array.from({ length: 3_000 }, (_, index) => `${index}-${'x'.repeat(60)}`);
      const field = {
        path: 'conditions.users.excludeUsers',
        desired: long,
        observed: long,
        effect: 'loosens',
      } as const;
      const runId = runIdAt(bench.clock.now());
      const policies = Array.from({ length: 10 }, () => policy({ fields: [field] }));

      await storage.runs.put(report(bench.tenant, runId, { policies }));

      const kept = await storage.runs.get(runId);
      expect(kept?.policies).toHaveLength(10);
      expect(kept?.policies[0]?.fields[0]).toMatchObject({
        path: field.path,
        desired: expect.stringContaining('left out'),
      });
      expect(kept?.findings).toMatchObject([{ rule: 'reportSize' }]);
      expect(await storage.runs.latest(1)).toMatchObject([{ drifted: 10, applied: 10 }]);
    });
  });
});
