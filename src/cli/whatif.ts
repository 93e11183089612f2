import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import { noSuchUser } from '../lib/simulate.ts';
import { saidTwice } from '../lib/strictJson.ts';
import type { WhatIfAnswer } from '../lib/whatif/answer.ts';
import { tellAnswer } from '../lib/whatif/tell.ts';
import { appHere } from './operator.ts';
import { askApp } from './remote.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface WhatIfOptions {
  readonly user?: string;
  readonly servicePrincipal?: string;
  readonly target?: readonly string[];
  readonly userAction?: string;
  readonly authContext?: string;
  readonly clientApp?: string;
  readonly platform?: string;
  readonly ip?: string;
  readonly country?: string;
  readonly signInRisk?: string;
  readonly userRisk?: string;
  readonly servicePrincipalRisk?: string;
  readonly insiderRisk?: string;
  readonly flow?: string;
  readonly device?: readonly string[];
  /** true: the option without a value, for none. */
  readonly groups?: readonly string[] | true;
  readonly roles?: readonly string[] | true;
  readonly userType?: string;
  readonly homeTenant?: string;
  readonly mfaTrusted?: readonly string[] | true;
  readonly request?: string;
  readonly asGraph?: boolean;
  readonly compare?: boolean;
  readonly app?: string;
  readonly json?: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const HELP = `
What is not said may still be anything: the answer then says what it depends on. Groups and roles of --user are read
from the directory unless --groups or --roles says them (without a value: none), so nobody need exist to be asked about.

Example: may an administrator still manage Azure from an unmanaged Linux machine once the plan is carried out?
  caretaker whatif --user 4a6a4c1e-0000-4000-8000-000000000001 --roles 62e90394-69f5-4237-9190-012177145e10 \\
    --client-app browser --platform linux --device isCompliant=false

Exit codes: 0 answered, whatever the answer is, 1 failed, 2 wrong usage, an invalid question or no such user.`;

/** Description, options and help of the command. */
export function describeWhatIf(command: Command): Command {
  return command
    .description('what a sign-in gets today, as desired, and after the plan; writes nothing')
    .option('--user <id>', 'object id of who signs in')
    .addOption(new Option('--service-principal <id>', 'in place of a user').conflicts('user'))
    .option('--target <appId...>', 'application ids; Azure management unless given')
    .addOption(
      new Option(
        '--user-action <action>',
        'registerSecurityInformation or registerOrJoinDevices, in place of a target',
      ).conflicts(['target', 'authContext']),
    )
    .addOption(new Option('--auth-context <c1>', 'c1 to c99, in place of a target').conflicts('target'))
    .option('--client-app <kind>', 'browser, mobileAppsAndDesktopClients, exchangeActiveSync or other')
    .option('--platform <name>', 'android, iOS, linux, macOS, windows, windowsPhone or unknown')
    .option('--ip <address>', 'public address, IPv4 or IPv6')
    .option('--country <code>', 'two letters of ISO 3166, such as DE or GB')
    .option('--sign-in-risk <level>', 'none, low, medium or high')
    .option('--user-risk <level>', 'none, low, medium or high')
    .option('--service-principal-risk <level>', 'none, low, medium or high')
    .option('--insider-risk <level>', 'none, minor, moderate or elevated')
    .option('--flow <method>', 'none, deviceCodeFlow or authenticationTransfer')
    .option(
      '--device <name=value...>',
      'attributes of the device, such as isCompliant=true trustType=AzureAD',
    )
    .option('--groups [ids...]', 'every group of the user, nested ones included')
    .option('--roles [ids...]', 'template ids of every active role of the user')
    .option('--user-type <type>', 'member, guest, or one of Graph’s types of guests')
    .option('--home-tenant <id>', 'the tenant a guest comes from')
    .option('--mfa-trusted [ranges...]', 'the MFA trusted IPs, which Graph does not show; no value for none')
    .option('--request <file>', 'a request body of Graph’s evaluate; the other options beat it')
    .option('--as-graph', 'what is not said counts as none, as Graph’s own What If answers')
    .option('--compare', 'ask Graph’s own What If as well, and show where it answers otherwise')
    .addHelpText('after', HELP);
}

/** Stands for the cloud's own application id, as in desired-state files. */
const DEFAULT_TARGET = '@azureManagement';

/** Answers one What If question. Writes nothing; 0 whatever the answer is. */
export async function whatIfCommand(options: WhatIfOptions, terminal: Terminal): Promise<number> {
  const file = options.request === undefined ? {} : await readRequestFile(options.request);
  const body = bodyOf(options, file);
  if (body.signInIdentity === undefined)
    throw new Fault('config', 'say who signs in, with --user or --service-principal');
  const asked =
    options.app === undefined ? answerHere(body, terminal) : answerOfApp(options.app, body, terminal);
  const answer = await asked.catch((error: unknown) => {
    throw inOptions(error, options);
  });
  if (options.json === true) terminal.out(`${JSON.stringify(answer)}\n`);
  else terminal.out(`${[tellAnswer(answer), ...remarks(body, answer)].join('\n')}\n`);
  return EXIT.done;
}

function remarks(body: Json, { resulting }: WhatIfAnswer): readonly string[] {
  const needs = resulting.policies.flatMap((policy) => policy.needs);
  const saying = [...new Set(needs.flatMap((need) => SAID_BY[need.replace(/^device\..*/, 'device')] ?? []))];
  return [
    ...(saying.length === 0 ? [] : ['', `  More can be said with ${saying.join(', ')}.`]),
    ...(isDefaultTarget(body) ? ['', '  No --target was named, so it is Azure management.'] : []),
  ];
}

/** The option that says what an answer depends on, by the answer's name for it. */
const SAID_BY: Readonly<Record<string, string>> = {
  clientApp: '--client-app',
  platform: '--platform',
  'location.ipAddress': '--ip',
  'location.country': '--country',
  device: '--device',
  signInRisk: '--sign-in-risk',
  userRisk: '--user-risk',
  servicePrincipalRisk: '--service-principal-risk',
  insiderRisk: '--insider-risk',
  authenticationFlow: '--flow',
  'identity.groups': '--groups',
  'identity.roles': '--roles',
  'identity.guestType': '--user-type',
  'identity.homeTenantId': '--home-tenant',
  'MFA trusted IPs': '--mfa-trusted',
};

/** The member of the question that an option says. */
const MEMBER_OF = {
  user: 'signInIdentity.userId',
  servicePrincipal: 'signInIdentity.servicePrincipalId',
  target: 'signInContext.includeApplications',
  userAction: 'signInContext.userAction',
  authContext: 'signInContext.authenticationContextValue',
  clientApp: 'signInConditions.clientAppType',
  platform: 'signInConditions.devicePlatform',
  ip: 'signInConditions.ipAddress',
  country: 'signInConditions.country',
  signInRisk: 'signInConditions.signInRiskLevel',
  userRisk: 'signInConditions.userRiskLevel',
  servicePrincipalRisk: 'signInConditions.servicePrincipalRiskLevel',
  insiderRisk: 'signInConditions.insiderRiskLevel',
  flow: 'signInConditions.authenticationFlow.transferMethod',
  device: 'signInConditions.deviceInfo',
  groups: 'facts.groups',
  roles: 'facts.roles',
  userType: 'facts.userType',
  homeTenant: 'facts.homeTenantId',
  mfaTrusted: 'facts.mfaTrustedRanges',
} as const satisfies Partial<Record<keyof WhatIfOptions, string>>;

const OPTIONS = Object.keys(MEMBER_OF) as readonly (keyof typeof MEMBER_OF)[];

/** The same complaint in the words of the command line; what came from a file keeps the file's. */
function inOptions(error: unknown, options: WhatIfOptions): unknown {
  if (!(error instanceof Fault) || error.kind !== 'config') return error;
  const said = OPTIONS.filter((option) => options[option] !== undefined);
  const message = said.reduce((text: string, option) => {
    const member = MEMBER_OF[option];
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `;
    return text.replaceAll(`${member} `, flag).replaceAll(`${member}.`, flag);
  }, error.message);
  return new Fault(error.kind, message, error.detail, error);
}

async function answerHere(body: Json, terminal: Terminal): Promise<WhatIfAnswer> {
  const simulated = await appHere(terminal).simulate(body, quietLog(terminal));
  switch (simulated.kind) {
    case 'invalid':
      throw new Fault('config', simulated.problems.join('\n'));
    case 'missing':
      throw new Fault('config', noSuchUser(simulated.userId));
    case 'done':
      return simulated.answer;
  }
}

async function answerOfApp(url: string, body: Json, terminal: Terminal): Promise<WhatIfAnswer> {
  const result = await askApp(url, 'POST', 'whatif', terminal, body);
  if ('busy' in result) throw new Error('unreachable: a simulation waits for no lease');
  return result.answer as WhatIfAnswer;
}

/** @throws Fault `config` for a file that cannot be read or holds no JSON object */
async function readRequestFile(path: string): Promise<Json> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Fault('config', `${path} cannot be read: ${error.message}`, {}, error);
  });
  try {
    const json = text.replace(/^\uFEFF/, '');
    const value: unknown = JSON.parse(json);
    const twice = saidTwice(json);
    if (twice !== undefined) throw new Fault('config', `${path}: ${twice}`);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Fault('config', `${path} holds no JSON object`);
}

/** The question in Graph's form. What the command line says beats what the file says, member by member. */
function bodyOf(options: WhatIfOptions, file: Json): Json {
  const target = given({
    includeApplications: options.target,
    userAction: options.userAction,
    authenticationContextValue: options.authContext,
  });
  const identity = given({ userId: options.user, servicePrincipalId: options.servicePrincipal });
  const conditions = given({
    clientAppType: options.clientApp,
    devicePlatform: options.platform,
    ipAddress: options.ip,
    country: options.country,
    signInRiskLevel: options.signInRisk,
    userRiskLevel: options.userRisk,
    servicePrincipalRiskLevel: options.servicePrincipalRisk,
    insiderRiskLevel: options.insiderRisk,
    authenticationFlow: options.flow === undefined ? undefined : { transferMethod: options.flow },
    deviceInfo: options.device === undefined ? undefined : deviceOf(options.device),
  });
  const facts = given({
    groups: listOf(options.groups),
    roles: listOf(options.roles),
    userType: options.userType,
    homeTenantId: options.homeTenant,
    mfaTrustedRanges: listOf(options.mfaTrusted),
  });
  return {
    ...file,
    // One identity and one target: another one replaces what the file has.
    ...(isEmpty(identity) ? {} : { signInIdentity: identity }),
    ...(isEmpty(target) ? {} : { signInContext: target }),
    ...(isEmpty(target) && file.signInContext === undefined
      ? { signInContext: { includeApplications: [DEFAULT_TARGET] } }
      : {}),
    ...(isEmpty(conditions)
      ? {}
      : { signInConditions: { ...objectOf(file.signInConditions), ...conditions } }),
    ...(isEmpty(facts) ? {} : { facts: { ...objectOf(file.facts), ...facts } }),
    ...(options.asGraph === true ? { reading: 'asGraph' } : {}),
    ...(options.compare === true ? { compare: true } : {}),
  };
}

function isDefaultTarget({ signInContext }: Json): boolean {
  return isObject(signInContext) && String(signInContext.includeApplications) === DEFAULT_TARGET;
}

/** `name=value` pairs; true and false are no texts, and a name said twice has a list. */
function deviceOf(pairs: readonly string[]): Json {
  const device: Record<string, unknown> = {};
  for (const pair of pairs) {
    const [name = '', text] = pair.split(/=(.*)/s);
    if (name === '' || text === undefined)
      throw new Fault('config', `--device takes name=value, such as isCompliant=true, not "${pair}"`);
    const value = text === 'true' || text === 'false' ? text === 'true' : text;
    device[name] = Object.hasOwn(device, name) ? [device[name], value].flat() : value;
  }
  return device;
}

function listOf(ids: readonly string[] | true | undefined): readonly string[] | undefined {
  return ids === true ? [] : ids;
}

function given(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function isEmpty(members: Json): boolean {
  return Object.keys(members).length === 0;
}

/** What is no object is left for the question's reader to complain about. */
function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
