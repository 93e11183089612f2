import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Deliberate sabotages: each takes one safeguard out of a copy of the program, and the simulated worlds or the examples
 * must notice. `npm run sabotage` runs them all and names those that nobody noticed.
 */
interface Sabotage {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'adopt whatever is unbound',
    file: 'src/lib/diff.ts',
    find: 'policy.displayName === desired.displayName &&',
    put: '',
  },
  {
    name: 'no memory of recent creates',
    file: 'src/lib/rules/unsettledCreate.ts',
    find: 'if (restMs <= 0) return undefined;',
    put: 'if (restMs <= 1e15) return undefined;',
  },
  {
    name: 'no look for a lost create',
    file: 'src/lib/apply.ts',
    find: 'if (id === undefined) return outcomeOf(written);',
    put: 'return outcomeOf(written);',
  },
  {
    name: 'a lost create counts as rejected',
    file: 'src/lib/apply.ts',
    find: "return { status: 'indeterminate', reason, isMissing };",
    put: "return { status: 'rejected', reason, isMissing };",
  },
  {
    name: 'writes are retried when their answer is lost',
    file: 'src/lib/graph/retry.ts',
    find: "(effect === 'write' && cause === 'uncertain')",
    put: 'false',
  },
  {
    name: 'an update without a fresh read',
    file: 'src/lib/apply.ts',
    find: "return { status: 'stale', reason: 'somebody changed it after it was compared' };",
    put: 'return { raw: answer.raw };',
  },
  {
    name: 'a restore without a second look',
    file: 'src/lib/apply.ts',
    find: "return { status: 'stale', reason: 'the deleted policy is not the one that was judged' };",
    put: '',
  },
  {
    name: 'act before intent',
    file: 'src/lib/apply.ts',
    find: "  await ports.journal.append({\n    ...entry,\n    kind: 'intent'",
    put: "  if (action === null) await ports.journal.append({\n    ...entry,\n    kind: 'intent'",
  },
  {
    name: 'nobody asks whether the lease is still held',
    file: 'src/lib/apply.ts',
    find: "if (!owned) throw new Stop('the lease was lost to another run');",
    put: '',
  },
  {
    name: 'nobody asks whether the tenant is frozen',
    file: 'src/lib/apply.ts',
    find: 'if (freeze !== null) throw',
    put: 'if (freeze === undefined) throw',
  },
  {
    name: 'a doubtful list is believed',
    file: 'src/lib/rules/incompleteRead.ts',
    find: 'doubts.length === 0',
    put: 'doubts.length >= 0',
  },
  {
    name: 'an empty list is believed',
    file: 'src/lib/rules/emptyTenant.ts',
    find: 'if (observation.listed > 0) return undefined;',
    put: 'return undefined;',
  },
  {
    name: 'what could not be read counts as missing',
    file: 'src/lib/observe.ts',
    find: "return { kind: 'unread', reason: asFault(error).message };",
    put: "asFault(error); return { kind: 'missing' } as never;",
  },
  { name: 'break-glass is not asked', file: 'src/lib/rules/index.ts', find: '  breakGlass,\n', put: '' },
  {
    name: 'protected identities are not merged in',
    file: 'src/lib/desired.ts',
    find: 'return isWorkloadPolicy(policy) ? policy : withProtected(policy, identities);',
    put: 'return policy;',
  },
  {
    name: 'no limit on changes',
    file: 'src/lib/apply.ts',
    find: 'written >= context.changesMax',
    put: 'written >= 1000',
  },
  {
    name: 'a rollout of any size',
    file: 'src/lib/rules/blastRadius.ts',
    find: 'if (rollouts <= changesMax) return undefined;',
    put: 'return undefined;',
  },
  {
    name: 'repair is held by novelty',
    file: 'src/lib/rules/blastRadius.ts',
    find: 'if (isRepair(change)) return undefined;',
    put: '',
  },
  {
    name: 'unreadable content is overwritten',
    file: 'src/lib/plan.ts',
    find: 'drifted.filter((object) => !unreadable.has(object))',
    put: 'drifted',
  },
  {
    name: 'nothing is ever proven',
    file: 'src/lib/apply.ts',
    find: 'const proven = isWhole ?',
    put: 'const proven = isWhole && false ?',
  },
  {
    name: 'a busy lease is no obstacle',
    file: 'src/lib/storage/control.ts',
    find: 'if (clock.now() < freeAt) return busy(found, freeAt, clock);',
    put: '',
  },
];

/** The repository's root: this file lies two folders below it. */
const ROOT = join(import.meta.dirname, '..', '..');

function isNoticed(sabotage: Sabotage): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'sabotage-'));
  try {
    for (const part of [
      'src',
      'sandbox',
      'test',
      'baselines',
      'package.json',
      'tsconfig.json',
      'vitest.config.ts',
    ])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, sabotage.file);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(sabotage.find))
      throw new Error(`${sabotage.name}: ${sabotage.file} no longer says what is to be sabotaged`);
    writeFileSync(file, text.replace(sabotage.find, sabotage.put));
    return (
      !passes(copy, ['test/simulation/main.ts', '--worlds', '300']) ||
      !passes(copy, [
        'node_modules/vitest/vitest.mjs',
        'run',
        'test/reconcile.test.ts',
        'test/apply.test.ts',
        'test/contract',
        'test/rules',
      ])
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function passes(cwd: string, words: readonly string[]): boolean {
  try {
    execFileSync(process.execPath, words, { cwd, stdio: 'ignore', timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}

const only = process.argv.slice(2).join(' ');
const unnoticed: string[] = [];
for (const sabotage of SABOTAGES.filter(({ name }) => name.includes(only))) {
  const noticed = isNoticed(sabotage);
  process.stdout.write(`${noticed ? 'noticed  ' : 'UNNOTICED'} ${sabotage.name}\n`);
  if (!noticed) unnoticed.push(sabotage.name);
}
process.exitCode = unnoticed.length === 0 ? 0 : 1;
