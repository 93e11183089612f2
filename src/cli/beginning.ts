import { lackingIn } from '../lib/baselines.ts';
import { type CloudName, clouds } from '../lib/graph/clouds.ts';
import { isGuid } from '../lib/policy/values.ts';
import { mendWord } from '../lib/text.ts';
import { type ReadyPolicy, readReadyPolicies, shortNeeds } from './baselines.ts';
import type { Beginning } from './initFiles.ts';
import { type Answer, type Question, settle } from './questions.ts';
import type { Terminal } from './terminal.ts';

/** What may be said in place of being asked. */
export interface Choices {
  readonly baselines?: string;
  readonly breakGlassUsers?: string;
  readonly breakGlassGroups?: string;
  readonly cloud?: string;
  readonly tenant?: string;
  readonly yes?: boolean;
}

/**
 * What somebody wants to begin with: from the options, by asking, or from the environment.
 *
 * @throws Fault `config` when something is wrong or missing and nobody can be asked
 */
export async function beginningFrom(options: Choices, terminal: Terminal): Promise<Beginning> {
  const ready = await readReadyPolicies();
  const { environment } = terminal;
  const isSilent = options.yes === true;
  const cloud = await settle(cloudQuestion(environment.GRAPH_CLOUD), options.cloud, isSilent, terminal);
  const tenantId = await settle(tenantQuestion(environment.TENANT_ID), options.tenant, isSilent, terminal);
  if (options.baselines === undefined && !isSilent) terminal.err(listOf(ready, cloud));
  const policies = await settle(policiesQuestion(ready, cloud), options.baselines, isSilent, terminal);
  const users = idsQuestion('users', 'Object ids of the emergency accounts', environment.BREAK_GLASS_USERS);
  const groups = idsQuestion('groups', 'Object ids of groups of them', environment.BREAK_GLASS_GROUPS);
  return {
    cloud,
    tenantId,
    policies,
    breakGlassUsers: await settle(users, options.breakGlassUsers, isSilent, terminal),
    breakGlassGroups: await settle(groups, options.breakGlassGroups, isSilent, terminal),
    tableServiceUri: environment.STATE_STORAGE__tableServiceUri ?? null,
  };
}

function cloudQuestion(standard = 'public'): Question<CloudName> {
  const names = Object.keys(clouds).join(', ');
  return {
    option: '--cloud',
    text: `Cloud (${names})`,
    standard,
    read: (text) =>
      Object.hasOwn(clouds, text)
        ? { ok: true, value: text as CloudName }
        : { ok: false, problem: `must be one of ${names}, not "${text}"` },
  };
}

function tenantQuestion(standard = ''): Question<string | null> {
  return {
    option: '--tenant',
    text: 'Directory (tenant) id; empty to fill it in later',
    standard,
    read(text) {
      if (text === '') return { ok: true, value: null };
      if (isGuid(text)) return { ok: true, value: text.toLowerCase() };
      return { ok: false, problem: `must be a directory (tenant) id, not "${text}"` };
    },
  };
}

function idsQuestion(who: string, what: string, standard = ''): Question<readonly string[]> {
  return {
    option: `--break-glass-${who}`,
    text: `${what}, comma-separated; empty for none`,
    standard,
    read(text) {
      const ids = listed(text);
      const wrong = ids.filter((id) => !isGuid(id));
      if (wrong.length > 0)
        return { ok: false, problem: `must hold object ids; these are none: ${wrong.join(', ')}` };
      return { ok: true, value: [...new Set(ids.map((id) => id.toLowerCase()))] };
    },
  };
}

function policiesQuestion(ready: readonly ReadyPolicy[], cloud: CloudName): Question<readonly ReadyPolicy[]> {
  return {
    option: '--baselines',
    text: 'Which ones (keys or numbers, comma-separated, or all)',
    standard: undefined,
    read: (text) => chosen(text, ready, cloud),
  };
}

function chosen(
  text: string,
  ready: readonly ReadyPolicy[],
  cloud: CloudName,
): Answer<readonly ReadyPolicy[]> {
  const words = listed(text).map((word) => word.toLowerCase());
  if (words.length === 0) return { ok: false, problem: 'must name at least one' };
  if (words.includes('all')) {
    const fit = ({ baseline, policy }: ReadyPolicy): boolean =>
      baseline.supersededBy === undefined && lackingIn(cloud, policy).length === 0;
    return { ok: true, value: ready.filter(fit) };
  }
  const unknown = words.filter((word) => !ready.some((one) => isCalled(one, word)));
  if (unknown.length > 0) {
    const known = ready.flatMap(({ baseline, file }) => [numberOf(file.document.displayName), baseline.key]);
    const all = ready.map(({ file }) => numberOf(file.document.displayName)).join(', ');
    const [first = ''] = unknown;
    const mend = mendWord(first, known, `write keys, or numbers: ${all}`);
    return { ok: false, problem: `knows no ${unknown.join(', ')}; ${mend}` };
  }
  return { ok: true, value: ready.filter((one) => words.some((word) => isCalled(one, word))) };
}

/** By its key, or by its number. @param word in small letters */
function isCalled({ baseline, file }: ReadyPolicy, word: string): boolean {
  return word === baseline.key || word === numberOf(file.document.displayName).toLowerCase();
}

function numberOf(displayName: string): string {
  return displayName.split(' ', 1)[0] ?? '';
}

function listOf(ready: readonly ReadyPolicy[], cloud: CloudName): string {
  const lines = ready.flatMap((one) => {
    const { baseline, file, policy } = one;
    const lacking = lackingIn(cloud, policy).map(({ short }) => short);
    return [
      `${file.document.displayName}`,
      `    ${baseline.key}; needs ${shortNeeds(one)}${lacking.length === 0 ? '' : `; NOT IN ${cloud}: ${lacking.join(', ')}`}`,
      `    ${baseline.does}`,
    ];
  });
  return `${lines.join('\n')}\n`;
}

function listed(text: string): readonly string[] {
  return text
    .split(/[,\s]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
