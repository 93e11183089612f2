import type { Command } from 'commander';
import { diffCommand, TENANT } from './diff.ts';
import { historyCommand, writeVersion } from './history.ts';
import { noApp } from './remote.ts';
import { forgetCommand, rollbackCommand } from './rollback.ts';
import { withKeyOptions } from './signing.ts';
import type { Terminal } from './terminal.ts';

const DIFF_HELP = `
The tenant is read from here, with the managed identity of this machine. Where there is none, the deployed app compares
the newest version with it: caretaker plan <key> --app <url>.

Examples:
  caretaker diff require-mfa@2 require-mfa@3
  caretaker diff require-mfa@2 tenant`;

/** Adds `history`, `diff`, `rollback` and `forget`. @param end takes the exit code */
export function describeVersions(program: Command, terminal: Terminal, end: (code: number) => void): void {
  const json = ['--json', 'answer as JSON on standard output'] as const;
  const changing = (command: Command): Command =>
    withKeyOptions(command)
      .option('-y, --yes', 'do not ask')
      .option('-m, --message <text>', 'why; kept with the version', '')
      .option('--author <name>', 'who; the signed-in user of this machine unless given')
      .option(...json);
  program
    .command('history')
    .description(
      'every version of a policy, who made it and why, and where the chain is broken (exit code 1)',
    )
    .argument('<key>', 'with --out also key@version')
    .option('--out <file>', 'write that version as a file, as it was pushed; the newest unless said')
    .option('-y, --yes', 'replace a file that says something else')
    .option(...json)
    .action(async (key: string, { out, ...options }) =>
      end(
        out === undefined
          ? await historyCommand(key, options, terminal)
          : await writeVersion(key, out, options, terminal),
      ),
    );
  noApp(
    program.command('diff'),
    '`caretaker plan <key> --app <url>` compares the newest version with the tenant',
  )
    .description('compare two versions, or one with the tenant; exit code 3 when they differ')
    .argument('<from>', 'key, or key@version; without a version, the newest')
    .argument('[to]', 'the same, or tenant', TENANT)
    .option(...json)
    .addHelpText('after', DIFF_HELP)
    .action(async (from: string, to: string, options) => end(await diffCommand(from, to, options, terminal)));
  changing(
    program
      .command('rollback')
      .description('store an old version’s content as a new version, after showing what changes')
      .argument('<key>')
      .requiredOption('--to <version>', 'number of the version to go back to'),
  ).action(async (key: string, options) => end(await rollbackCommand(key, options, terminal)));
  changing(
    program
      .command('forget')
      .description('release a policy: it stays in the tenant, and nobody looks after it')
      .argument('<key>'),
  ).action(async (key: string, options) => end(await forgetCommand(key, options, terminal)));
}
