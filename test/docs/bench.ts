import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../sandbox/host.ts';
import { type ResourceManager, serveResourceManager } from '../../sandbox/resourceManager.ts';
import { ADELE, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { ALERTS } from '../../src/lib/doctor/alerts.ts';
import type { RunReport } from '../../src/lib/report.ts';
import type { Status } from '../../src/lib/status.ts';
import { type FakeVault, fakeVault } from '../cli/vault.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { article } from '../support/world.ts';
import { ROOT } from './pages.ts';

/** Nobody's id: a policy that names it waits for a person. */
const NOBODY = 'e0000000-0000-4000-8000-000000000001';
/** Versions that are signed have tables of their own: what was signed once is never pushed unsigned. */
const SIGNED_TENANT = '7e4a1c00-0000-4000-8000-0000000000bb';

/** A policy as Graph answers it. */
const EXPORTED = {
  displayName: 'CA2 - Exported',
  state: 'disabled',
  conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};

/** Files that are pushed to give a command something to work on. */
const PUSHED = 'pushed-before';

/** A deployment in the sandbox, and a folder of files, in which what the documents say is typed. */
export interface Bench {
  /** Types one command line: words after `caretaker`, placeholders and all. */
  type(words: readonly string[]): Promise<Told>;
  /** Of something the app answers. @param path with its placeholders */
  address(path: string): Promise<string>;
  close(): Promise<void>;
}

/** Works in a folder of its own, as an operator would. */
export async function bench(): Promise<Bench> {
  const sandbox = await startSandbox({
    schedule: '59 59 23 31 12 *',
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5', MAX_CHANGES_PER_RUN: '1000' },
  });
  const host = await sandbox.startApp(() => undefined);
  const vault = await fakeVault();
  const azure = await serveResourceManager(ALERTS.map((name) => ({ name, actionGroups: ['people'] })));
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-'));
  const before = process.cwd();
  process.chdir(folder);
  for (const name of ['baselines', 'schema']) symlinkSync(join(ROOT, name), name);
  mkdirSync(PUSHED);
  const stage = onStage(sandbox, host, vault, azure);
  return {
    type: stage.type,
    address: stage.address,
    async close() {
      process.chdir(before);
      rmSync(folder, { recursive: true });
      await Promise.all([sandbox.close(), vault.close(), azure.close()]);
    },
  };
}

function onStage(
  sandbox: Sandbox,
  host: Host,
  vault: FakeVault,
  azure: ResourceManager,
): Pick<Bench, 'type' | 'address'> {
  let policies = 0;

  async function caretaker(words: readonly string[], user = 'ann'): Promise<Told> {
    const isSigned = words[0] === 'keys' || words.some((word) => word.startsWith('--key-'));
    return caretakerIn(
      {
        environment: { ...sandbox.environment, ...(isSigned ? { TENANT_ID: SIGNED_TENANT } : {}) },
        user,
        ask: async (question) => (question.startsWith('Which ones') ? 'CA010' : ''),
        confirm: async () => true,
        world: {
          tablesCredential: { getToken: async () => ({ token: azure.token, expiresOnTimestamp: 4e12 }) },
        },
      },
      words,
    );
  }

  async function done(words: readonly string[], user?: string): Promise<Told> {
    const told = await caretaker(words, user);
    if (told.code !== 0 && told.code !== 3) throw new Error(`${words.join(' ')}: ${told.err}${told.out}`);
    return told;
  }

  /** A policy nobody has seen yet, in a file, pushed. */
  async function aKey(change: Record<string, unknown> = {}): Promise<string> {
    const key = `policy-${++policies}`;
    await version(key, change);
    return key;
  }

  async function version(key: string, change: Record<string, unknown>): Promise<void> {
    const file = join(PUSHED, `${key}.json`);
    writeFileSync(file, JSON.stringify(article({ displayName: `CA1 - ${key}`, ...change })));
    await done(['push', file, '--yes'], 'bob');
  }

  async function aHistory(): Promise<string> {
    const key = await aKey();
    await version(key, { state: 'disabled' });
    await version(key, {});
    return key;
  }

  async function somethingHeld(): Promise<string> {
    // Under a freeze nothing waits for a person.
    await done(['unfreeze']);
    const key = await aKey({
      conditions: {
        users: { includeUsers: ['All'], excludeUsers: [NOBODY] },
        applications: { includeApplications: ['@azureManagement'] },
      },
    });
    await done(['plan']);
    const { held } = JSON.parse((await done(['status', '--json'])).out) as Status;
    const waiting = held.find((one) => one.key === key);
    if (waiting?.isApprovable !== true) throw new Error(`nothing waits for ${key}`);
    return waiting.digest;
  }

  async function aRunThatWrote(): Promise<string> {
    await done(['unfreeze']);
    const key = await aKey();
    const { policies: made } = JSON.parse((await done(['run', key, '--json'])).out) as RunReport;
    sandbox.tenant.admin.edit(String(made[0]?.id), (policy) => {
      policy.state = 'disabled';
    });
    return (JSON.parse((await done(['run', key, '--json'])).out) as RunReport).runId;
  }

  /** What stands for what in the documents. */
  const FILLED: readonly (readonly [what: string, value: () => string | Promise<string>])[] = [
    ['$APP', () => host.url],
    ['<url>', () => host.url],
    ['<digest>', somethingHeld],
    ['<runId>', aRunThatWrote],
    ['<folder>', () => 'baselines'],
    ['<userId>', () => ADELE],
    ['<appId>', () => '00000003-0000-0000-c000-000000000000'],
    ['<id>', () => ADELE],
    ['/subscriptions/$SUBSCRIPTION/resourceGroups/$GROUP', () => azure.resourceGroup],
    ['https://<vault>.vault.azure.net', () => vault.url],
  ];

  async function filled(words: readonly string[]): Promise<readonly string[]> {
    let text = words;
    // One key for the whole line: the two sides of a diff are of one policy.
    if (words.some((word) => word.includes('<key>'))) {
      const key = await aHistory();
      text = text.map((word) => word.replaceAll('<key>', key));
    }
    for (const [what, value] of FILLED) {
      if (!text.some((word) => word.includes(what))) continue;
      const put = await value();
      text = text.map((word) => word.replaceAll(what, put));
    }
    return text;
  }

  async function prepare(words: readonly string[]): Promise<void> {
    const [command, sub, file] = words;
    if (command === 'keys' && sub === 'create' && file !== undefined) rmSync(file, { force: true });
    const keyFile = words[words.indexOf('--key-file') + 1];
    if (words.includes('--key-file') && keyFile !== undefined) {
      rmSync(keyFile, { force: true });
      await done(['keys', 'create', keyFile]);
    }
    if (words.includes('--key-vault-key') && command !== 'keys')
      await done(['keys', 'create', '--key-vault-key', words[words.indexOf('--key-vault-key') + 1] ?? '']);
    if (words.includes('--all-held')) await somethingHeld();
    if (words.includes('--from')) writeFileSync('export.json', JSON.stringify([EXPORTED]));
    if (command === 'capture') rmSync('policies', { recursive: true, force: true });
  }

  return {
    async address(path) {
      const [text = ''] = await filled([path]);
      return `${host.url}${text}`;
    },
    async type(words) {
      const text = await filled(words);
      await prepare(text);
      return caretaker(text);
    },
  };
}
