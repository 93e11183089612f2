import { Command, CommanderError, Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import { clouds } from '../lib/graph/clouds.ts';
import { plain } from '../lib/text.ts';
import { approveCommand } from './approve.ts';
import { type CaptureOptions, captureCommand, describeCapture } from './capture.ts';
import { type DoctorOptions, describeDoctor, doctorCommand } from './doctor.ts';
import { freezeCommand, unfreezeCommand } from './freeze.ts';
import { INIT_HELP, initCommand } from './init.ts';
import { describeKeys } from './keys.ts';
import { pushCommand } from './push.ts';
import { planCommand, runCommand } from './run.ts';
import { withKeyOptions } from './signing.ts';
import { statusCommand } from './status.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { undoCommand } from './undo.ts';
import { validateCommand } from './validate.ts';
import { describeVersions } from './versions.ts';
import { describeWhatIf, type WhatIfOptions, whatIfCommand } from './whatif.ts';

const APPROVE_HELP = `
Nobody approves a version they pushed themselves. An approval is void when the change is not the same any more, and is
given back when the attempt came to nothing.

Examples:
  caretaker approve 3f9c0a7d51e2 --reason "agreed in CHG-1201"
  caretaker approve --all-held --reason "new baseline, reviewed by Ada" --app https://caretaker.example.net

Exit codes: 0 approved, 1 failed, 2 no such change or wrong usage, 3 not approved and still waiting.`;

const FREEZE_HELP = `
Examples:
  caretaker freeze --until 2h --reason "tenant migration, CHG-1202"
  caretaker freeze --reason "investigating" --app https://caretaker.example.net
  caretaker unfreeze`;

const UNDO_HELP = `
A policy is left as it is where somebody has changed it since, where a newer version is desired, or where the run created
it. Otherwise what was there would be put right again by the next run, which is why it becomes what is desired.

Example:
  caretaker undo 20261124T082413123Z-7f3a9c01

Exit codes: 0 pushed, or the run changed nothing, 1 failed, declined, or a policy could not be taken back, 2 wrong usage
or no such run.`;

/**
 * The operator's command line, on the same engine as the functions.
 *
 * @param words the command's words, without node and script
 * @returns the exit code: 0 done, 1 failed, incomplete or busy, 2 wrong usage or invalid input, 3 drift or changes held
 */
export async function main(words: readonly string[], given: Terminal): Promise<number> {
  const program = new Command('caretaker');
  const terminal = words.includes('--json') ? given : inOwnWords(given, program);
  let code: number = EXIT.done;
  program
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
      'ask the deployed app instead of reaching Graph and its tables from here (its key in CARETAKER_APP_KEY; where it asks who calls, its scope in CARETAKER_APP_SCOPE; with CARETAKER_APP_URL set, both go to that app alone)',
    );

  program
    .command('init')
    .description('choose ready policies and settings, and write them as files to review')
    .argument('[folder]', 'where to; never overwrites a file that differs without asking', 'caretaker')
    .option('--baselines <list>', 'keys or numbers such as CA010, comma-separated, or all')
    .option('--break-glass-users <ids>', 'object ids of the emergency accounts, comma-separated')
    .option('--break-glass-groups <ids>', 'object ids of their groups, comma-separated')
    .option('--cloud <name>', Object.keys(clouds).join(', '))
    .option('--tenant <id>', 'directory (tenant) id')
    .option('--create-tables', 'create the tables in the storage that the environment names')
    .option('-y, --yes', 'ask nothing: what is not said comes from the environment, files that differ stay')
    .addOption(json())
    .addHelpText('after', INIT_HELP)
    .action(async (folder: string, options) => {
      code = await initCommand(folder, options, terminal);
    });
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
  program
    .command('approve')
    .description('let held changes go, each for one attempt; a denied change never goes')
    .argument('[digests...]', 'digests from `caretaker status`, or their beginnings')
    .option('--all-held', 'everything that waits for a person')
    .requiredOption('--reason <text>', 'why; kept with the approval')
    .addOption(app())
    .addOption(json())
    .addHelpText('after', APPROVE_HELP)
    .action(async (digests: string[], options) => {
      code = await approveCommand(digests, options, terminal);
    });
  program
    .command('freeze')
    .description('keep every run from writing, also one under way; judging and reporting go on')
    .requiredOption('--reason <text>', 'why; shown to whoever asks')
    .option('--until <end>', 'an instant such as 2026-11-24T18:00:00Z, or 30m, 2h, 3d from now')
    .addOption(app())
    .addOption(json())
    .addHelpText('after', FREEZE_HELP)
    .action(async (options) => {
      code = await freezeCommand(options, terminal);
    });
  program
    .command('unfreeze')
    .description('let runs write again')
    .addOption(app())
    .addOption(json())
    .addHelpText('after', FREEZE_HELP)
    .action(async (options) => {
      code = await unfreezeCommand(options, terminal);
    });
  withKeyOptions(program.command('undo'))
    .description(
      'push what was there before a run as new versions; the next run carries them out, under all rules',
    )
    .argument('<runId>', 'a run that wrote something')
    .option('-y, --yes', 'do not ask')
    .option('-m, --message <text>', 'why; kept with the versions')
    .option('--author <name>', 'who; the signed-in user of this machine unless given')
    .addOption(app())
    .addOption(json())
    .addHelpText('after', UNDO_HELP)
    .action(async (runId: string, options) => {
      code = await undoCommand(runId, options, terminal);
    });
  describeCapture(program.command('capture'))
    .addOption(json())
    .action(async (wanted: string[], options: CaptureOptions) => {
      code = await captureCommand(wanted, options, terminal);
    });
  describeDoctor(program.command('doctor'))
    .addOption(app())
    .addOption(json())
    .action(async (options: DoctorOptions) => {
      code = await doctorCommand(options, terminal);
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
    terminal.err(`caretaker: ${error.message.split('\n').map(plain).join('\n')}\n`);
    return error.kind === 'config' ? EXIT.usage : EXIT.failed;
  }
}

/** Whatever is said names commands as `caretaker <command>`; people read what they can type where they are. */
function inOwnWords(terminal: Terminal, { commands }: Command): Terminal {
  const own = (text: string): string =>
    text.replaceAll(/\bcaretaker ([a-z]+)\b/g, (said, name) =>
      commands.some((command) => command.name() === name) ? `${terminal.command} ${name}` : said,
    );
  return { ...terminal, out: (text) => terminal.out(own(text)), err: (text) => terminal.err(own(text)) };
}
