import { type Command, Option } from 'commander';
import { createApp, examineApp } from '../lib/app.ts';
import { type AlertRule, checkAlerts } from '../lib/doctor/alerts.ts';
import {
  CHECKS,
  type CheckFinding,
  type CheckName,
  type Examination,
  findingsOf,
  type Told,
  tally,
  VERDICTS,
} from '../lib/doctor/findings.ts';
import { renderExamination } from '../lib/doctor/render.ts';
import { asFault, Fault } from '../lib/fault.ts';
import { type ResourceGroup, readAlerts, readResourceGroup } from './alerts.ts';
import { isObject } from './exchange.ts';
import { operatorCredential, operatorSignIn } from './operator.ts';
import { askApp } from './remote.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface DoctorOptions {
  readonly app?: string;
  readonly resourceGroup?: string;
  readonly skip?: readonly CheckName[];
  readonly json?: boolean;
}

const HELP = `
Changes nothing: it reads, and tries whether tables could be written by updates that cannot take place. Checks:
  settings          every app setting, all problems at once
  tables            reachable; read and written by the app as intended, and "desired" not written by it
  permissions       what the app's access token for Graph carries, lacks for MODE, and has too much
  protected         emergency accounts and groups exist, are enabled, of the cloud, and not empty
  schedule          the timer's expression, and whether runs start by themselves
  clock             against those of Graph and the tables
  securityDefaults  on while a policy wants to be enabled
  licence           Microsoft Entra ID P1 or P2; the app may see it with LicenseAssignment.Read.All alone
  freeze            whether somebody keeps runs from writing
  desired           there is something to enforce, and it can be believed
  alerts            the alert rules are deployed; with --resource-group and your own sign-in (az login)

What nobody could tell is "unverified". When you have looked it up yourself, --skip it.

Examples:
  caretaker doctor --app https://caretaker.example.net
  caretaker doctor --app https://caretaker.example.net --skip licence \\
    --resource-group /subscriptions/<id>/resourceGroups/<name>

Exit codes: 0 nothing failed and all could be checked (warnings allowed), 1 a check failed or something could not be
checked, 2 wrong usage.`;

/** Description, options and help of the command. */
export function describeDoctor(command: Command): Command {
  return command
    .description('check what a deployment stands on, and say how to mend it; changes nothing')
    .option(
      '--resource-group <id>',
      'where the alert rules are: /subscriptions/<id>/resourceGroups/<name>; asked with your own sign-in',
    )
    .addOption(new Option('--skip <checks...>', 'checks that do not count').choices(CHECKS))
    .addHelpText('after', HELP);
}

export async function doctorCommand(options: DoctorOptions, terminal: Terminal): Promise<number> {
  const group = options.resourceGroup === undefined ? undefined : readResourceGroup(options.resourceGroup);
  const skipped = new Set<CheckName>(options.skip);
  const isSeen = group !== undefined && !skipped.has('alerts');
  const asked =
    options.app === undefined ? await examineHere(terminal) : await examineThere(options.app, terminal);
  const found = [
    ...asked.findings.filter(({ check }) => !(isSeen && check === 'alerts')),
    ...(isSeen ? await alertsIn(group, terminal) : []),
  ];
  const findings = [...found, ...silent(found)].filter(({ check }) => !skipped.has(check));
  const examination: Examination = { ...asked, findings };
  terminal.out(
    options.json === true ? `${JSON.stringify(examination)}\n` : `${renderExamination(examination)}\n`,
  );
  const { failed, unverified } = tally(findings);
  return failed + unverified > 0 ? EXIT.failed : EXIT.done;
}

function examineHere(terminal: Terminal): Promise<Examination> {
  const signIn = operatorCredential(terminal);
  const isIdentityHere = terminal.environment.IDENTITY_ENDPOINT !== undefined;
  const as = isIdentityHere && signIn.tablesCredential === undefined ? 'app' : 'operator';
  const read = createApp(terminal.environment, { ...terminal.world, ...signIn });
  return examineApp(read, as, quietLog(terminal));
}

async function examineThere(url: string, terminal: Terminal): Promise<Examination> {
  const result = await askApp(url, 'GET', 'doctor', terminal);
  if ('busy' in result) throw new Error('unreachable: only a run can be busy');
  if (isExamination(result.answer)) return result.answer;
  throw new Fault(
    'unavailable',
    `${url} answered what is no examination; look whether this is the address of the app`,
  );
}

function isExamination(answer: unknown): answer is Examination {
  if (!isObject(answer) || typeof answer.examinedAt !== 'string' || !Array.isArray(answer.findings))
    return false;
  return answer.findings.every(
    (one) =>
      isObject(one) &&
      VERDICTS.some((verdict) => verdict === one.verdict) &&
      ['check', 'where', 'what'].every((name) => typeof one[name] === 'string'),
  );
}

/** An app of another version does not know every check, and what nobody looked at is not in order. */
function silent(found: readonly CheckFinding[]): readonly CheckFinding[] {
  const told = new Set(found.map(({ check }) => check));
  return CHECKS.filter((check) => !told.has(check)).map((check) =>
    findingsOf(check)('unverified', 'the app', 'it said nothing of it', OTHER_VERSION),
  );
}

const OTHER_VERSION = 'deploy the same version as this program, then ask again';

async function alertsIn(group: ResourceGroup, terminal: Terminal): Promise<readonly CheckFinding[]> {
  return checkAlerts(await toldRules(group, terminal));
}

async function toldRules(group: ResourceGroup, terminal: Terminal): Promise<Told<readonly AlertRule[]>> {
  try {
    return { kind: 'told', value: await readAlerts(group, operatorSignIn(terminal)) };
  } catch (error) {
    return { kind: 'untold', reason: asFault(error).message };
  }
}
