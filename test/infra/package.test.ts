import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { packageApp } from '../../tools/packaging.ts';
import { caretakerIn } from '../support/caretaker.ts';
import type { Loaded } from './worker.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const WORKER = join(import.meta.dirname, 'worker.ts');

/** Outside the repository, so that no `node_modules` above it can help out. */
const scratch = mkdtempSync(join(tmpdir(), 'caretaker-'));
const packaged = join(scratch, 'package');
let metafile: Metafile;

beforeAll(async () => {
  metafile = await packageApp(packaged);
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string>>;

/** Loads an app in a process of its own that knows no other settings than these. */
async function inWorker<T>(
  args: readonly string[],
  environment: Environment,
  work: (loaded: Loaded) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [WORKER, ...args], { env: environment });
  const ended = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) return await work(JSON.parse(line));
    throw new Error(`the app did not load: ${said}`);
  } finally {
    child.kill();
    await ended;
  }
}

const functionsOf = (...args: string[]) =>
  inWorker(args, {}, async ({ functions }) => functions.toSorted((a, b) => a.name.localeCompare(b.name)));

describe('the package that is deployed', () => {
  it('registers every function as the source does, in a process that has nothing else', async () => {
    const [fromPackage, fromSource] = await Promise.all([
      functionsOf(packaged),
      functionsOf(ROOT, 'src/functions/*.ts'),
    ]);

    expect(fromPackage).toEqual(fromSource);
    const registered = fromPackage.find(({ name }) => name === 'reconcileOnSchedule');
    expect(registered).toMatchObject({ type: 'timerTrigger', schedule: '%RECONCILE_SCHEDULE%' });
    expect(fromPackage.length).toBeGreaterThanOrEqual(10);
    for (const { type, authLevel } of fromPackage)
      if (type === 'httpTrigger') expect(authLevel).toBe('function');
  });

  it('says which settings are missing when it is asked something', async () => {
    const { status, type, body } = await inWorker([packaged], {}, async ({ url }) => {
      const answer = await fetch(`${url}/api/status`);
      return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() };
    });

    expect(status).toBe(500);
    expect(type).toContain('application/problem+json');
    expect(body).toContain('TENANT_ID is missing');
    expect(body).toContain('STATE_STORAGE__tableServiceUri is missing');
  });

  it('would not pass these tests if its entry files threw before they register: in Azure nobody would say so', async () => {
    const broken = join(scratch, 'broken');
    cpSync(packaged, broken, { recursive: true });
    for (const name of readdirSync(join(broken, 'functions')))
      writeFileSync(join(broken, 'functions', name), 'throw new Error("before anything");');

    await expect(functionsOf(broken)).rejects.toThrow('before anything');
  });

  it('loads nothing but the programming model before its functions are registered', () => {
    expect(inputsOf(['import-statement'])).toContain('src/functions/status.ts');
    expect(inputsOf(['import-statement']).filter((input) => !MODEL.test(input))).toEqual([]);
    expect(inputsOf(['import-statement', 'dynamic-import'])).toContain('src/lib/app.ts');
  });

  it('asks for no package and for no build', () => {
    const manifest = JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8'));

    expect(Object.keys(manifest).toSorted()).toEqual([
      'engines',
      'main',
      'name',
      'private',
      'type',
      'version',
    ]);
    expect(readdirSync(packaged).toSorted()).toEqual(['chunks', 'functions', 'host.json', 'package.json']);
    expect(readFileSync(join(packaged, 'host.json'), 'utf8')).toBe(
      readFileSync(join(ROOT, 'host.json'), 'utf8'),
    );
  });
});

/** The entry files themselves, `@azure/functions` and what it depends on. */
const MODEL = /^src\/functions\/|node_modules\/(@azure\/functions(-extensions-base)?|cookie)\//;

/** Files of the source that the entry files load by imports of these kinds. */
function inputsOf(kinds: readonly string[]): readonly string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    const output = metafile.outputs[path];
    if (output === undefined || loaded.has(path)) return;
    loaded.add(path);
    for (const { kind, path: next } of output.imports) if (kinds.includes(kind)) load(next);
  };
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
    if (entryPoint?.startsWith('src/functions/') === true) load(path);
  return [...loaded].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
}

describe('a run of the package', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ schedule: '59 59 23 31 12 *', settings: { MODE: 'observe' } });
    const pushed = await caretakerIn({ environment: sandbox.environment }, ['push', 'baselines', '--yes']);
    expect(pushed).toMatchObject({ code: 0 });
  });

  afterAll(async () => {
    await sandbox?.close();
  });

  it('reaches the tables and Graph with what was bundled', async () => {
    const report = await inWorker([packaged], sandbox.environment, async ({ url }) =>
      (await fetch(`${url}/api/reconcile`, { method: 'POST' })).json(),
    );

    expect(report).toMatchObject({
      status: 'drifted',
      error: null,
      policies: [{ drift: 'missing', change: { action: 'create' } }],
    });
  });
});
