import { Command, CommanderError, Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import { describeKeys } from './keys.ts';
import { pushCommand } from './push.ts';
import { planCommand, runCommand } from './run.ts';
import { withKeyOptions } from './signing.ts';
import { statusCommand } from './status.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { validateCommand } from './validate.ts';
import { describeVersions } from './versions.ts';
import { describeWhatIf, type WhatIfOptions, whatIfCommand } from './whatif.ts';

/**
 * The operator's command line, on the same engine as the functions.
 *
 * @param words the command's words, without node and script
 * @returns the exit code: 0 done, 1 failed, incomplete or busy, 2 wrong usage or invalid input, 3 drift or changes held
 */
export async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command('caretaker')
    .description('Keeps a Microsoft Entra tenant’s Conditional Access policies where their owner put them.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText(
      'after',
      '\nExit codes: 0 in sync or done, 1 failed, incomplete or busy, 2 wrong usage or invalid input, 3 drift found or changes held.\nSettings come from the environment, under the names of the app settings (TENANT_ID, STATE_STORAGE …).',
    );
  const json = (): Option => new Option('--json', 'answer as JSON on standard output');
  const app = (): Option =>
    new Option(
      '--app <url>',
      'ask the deployed app instead of reaching Graph from here (its key in CARETAKER_APP_KEY)',
    );

  program
    .command('validate')
    .description('check desired-state files, offline: every problem at once, with file, line and column')
    .argument('<paths...>', 'folders or files')
    .addOption(json())
    .action(async (paths: string[], options) => {
      code = await validateCommand(paths, options, terminal);
    });
  withKeyOptions(program.command('push'))
    .description('store desired-state files as new versions, after showing what changes')
    .argument('<paths...>', 'folders or files; the file name is the key')
    .option('-y, --yes', 'do not ask')
    .option('-m, --message <text>', 'why; kept with the version', '')
    .option('--author <name>', 'who; the signed-in user of this machine unless given')
    .addOption(json())
    .action(async (paths: string[], options) => {
      code = await pushCommand(paths, options, terminal);
    });
  const end = (given: number): void => {
    code = given;
  };
  describeVersions(program, terminal, end);
  describeKeys(program.command('keys'), terminal, end);
  program
    .command('plan')
    .description('compare and judge as a run would, and write nothing to the tenant')
    .argument('[keys...]', 'only these policies')
    .addOption(app())
    .addOption(json())
    .action(async (keys: string[], options) => {
      code = await planCommand(keys, options, terminal);
    });
  program
    .command('run')
    .description('one run: compare, judge, and in MODE enforce put right what is admitted')
    .argument('[keys...]', 'only these policies')
    .addOption(app())
    .addOption(json())
    .action(async (keys: string[], options) => {
      code = await runCommand(keys, options, terminal);
    });
  program
    .command('status')
    .description('how the tenant stands: policies, last run, freeze, held changes')
    .addOption(app())
    .addOption(json())
    .action(async (options) => {
      code = await statusCommand(options, terminal);
    });
  describeWhatIf(program.command('whatif'))
    .addOption(app())
    .addOption(json())
    .action(async (options: WhatIfOptions) => {
      code = await whatIfCommand(options, terminal);
    });

  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!(error instanceof Fault)) throw error;
    terminal.err(`caretaker: ${error.message}\n`);
    return error.kind === 'config' ? EXIT.usage : EXIT.failed;
  }
}
