import { reasonProblems } from '../lib/acts.ts';
import type { Answer } from '../lib/approve.ts';
import { Fault } from '../lib/fault.ts';
import { tablesHere } from './operator.ts';
import { callApp, refusal } from './remote.ts';
import { statusOfApp } from './status.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface ApproveOptions {
  readonly allHeld?: boolean;
  readonly reason: string;
  readonly app?: string;
  readonly json?: boolean;
}

/** What became of one digest, as it is shown. */
interface Told {
  readonly digest: string;
  /** null where nobody can tell: no such change, or the app does not say. */
  readonly key: string | null;
  readonly kind: Answer['kind'];
  readonly reason: string | null;
}

/** Gives a person's consent to held changes; the next run carries them out. */
export async function approveCommand(
  digests: readonly string[],
  options: ApproveOptions,
  terminal: Terminal,
): Promise<number> {
  const isAll = options.allHeld === true;
  if (isAll === digests.length > 0) throw new Fault('config', 'say either digests or --all-held');
  const problems = reasonProblems(options.reason);
  if (problems.length > 0) throw new Fault('config', problems.join('; '));
  const asked = isAll ? 'allHeld' : digests;
  const told =
    options.app === undefined
      ? await approveHere(asked, options.reason.trim(), terminal)
      : await approveThere(options.app, asked, options.reason, terminal);
  terminal.out(options.json === true ? `${JSON.stringify({ answers: told })}\n` : renderTold(told));
  if (told.some(({ kind }) => kind === 'unknown')) return EXIT.usage;
  return told.some(({ kind }) => kind === 'refused') ? EXIT.drift : EXIT.done;
}

async function approveHere(
  digests: readonly string[] | 'allHeld',
  reason: string,
  terminal: Terminal,
): Promise<readonly Told[]> {
  const by = { id: '', name: terminal.user };
  const answers = await tablesHere(terminal).approve({ digests, by, reason }, quietLog(terminal));
  return answers.map(toldOf);
}

function toldOf(answer: Answer): Told {
  switch (answer.kind) {
    case 'given':
      return { kind: 'given', digest: answer.change.digest, key: answer.change.key, reason: null };
    case 'refused':
      return { kind: 'refused', digest: answer.digest, key: null, reason: answer.reason };
    case 'unknown':
      return { kind: 'unknown', digest: answer.digest, key: null, reason: NOBODY };
  }
}

const NOBODY = 'no change that waits has this digest (see `caretaker status`)';

async function approveThere(
  app: string,
  asked: readonly string[] | 'allHeld',
  reason: string,
  terminal: Terminal,
): Promise<readonly Told[]> {
  const digests =
    asked === 'allHeld'
      ? (await statusOfApp(app, terminal)).held
          .filter(({ isApprovable, approved }) => isApprovable && approved === null)
          .map(({ digest }) => digest)
      : asked;
  const told: Told[] = [];
  for (const digest of digests) {
    const route = `approvals/${encodeURIComponent(digest)}`;
    const answer = await callApp(app, 'POST', route, terminal, { reason });
    const kind = KINDS[answer.status];
    if (kind === undefined || (kind !== 'given' && answer.detail === undefined))
      throw refusal(app, route, answer);
    told.push({ digest, key: null, kind, reason: answer.detail ?? null });
  }
  return told;
}

const KINDS: Readonly<Record<number, Answer['kind']>> = {
  204: 'given',
  403: 'refused',
  404: 'unknown',
  409: 'refused',
};

function renderTold(told: readonly Told[]): string {
  if (told.length === 0) return 'Nothing waits that could be approved.\n';
  return told
    .map(({ digest, key, kind, reason }) => {
      const named = `${digest.slice(0, 12)}${key === null ? '' : ` ${key}`}`;
      return kind === 'given'
        ? `${named}: approved; the next run carries it out\n`
        : `${named}: not approved: ${reason}\n`;
    })
    .join('');
}
