import type { Person, Waiting } from './approval.ts';
import type { Ports } from './ports.ts';

/** A person's consent, as it is given. */
export interface Consent {
  /** Names the act; the journal keeps it. */
  readonly actId: string;
  /** Digests of held changes, or the beginnings of them that name one alone; all that can be approved with `allHeld`. */
  readonly digests: readonly string[] | 'allHeld';
  readonly by: Person;
  readonly reason: string;
}

/** What became of one digest. */
export type Answer =
  | { readonly kind: 'given'; readonly change: Waiting }
  /** No change that waits has this digest. */
  | { readonly kind: 'unknown'; readonly digest: string }
  /** It waits, and consent does not let it go. */
  | {
      readonly kind: 'refused';
      readonly digest: string;
      readonly because: 'denied' | 'notApprovable' | 'ownVersion';
      readonly reason: string;
    };

/** Where consent is written down. */
type Records = Pick<Ports, 'approvals' | 'journal' | 'clock' | 'chance'>;

/** Shorter beginnings are too easily meant for another change. */
const DIGEST_LENGTH_MIN = 8;

/**
 * Writes a person's consent to held changes down, first in the journal. It lifts the holds each change has now, for one
 * attempt; where one of them is about the version itself (it enforces less, it brings an exception), the version is
 * approved for good.
 *
 * @throws Fault when the tables cannot be read or written; what was given before that stays given
 */
export async function approve(consent: Consent, ports: Records): Promise<readonly Answer[]> {
  const { waiting } = await ports.approvals.read();
  const answers = answersTo(consent, waiting);
  for (const answer of answers) if (answer.kind === 'given') await give(consent, answer.change, ports);
  return answers;
}

function answersTo({ digests, by }: Consent, waiting: readonly Waiting[]): readonly Answer[] {
  if (digests === 'allHeld') {
    return waiting
      .filter(({ verdict, isApprovable }) => verdict === 'hold' && isApprovable)
      .map((change) => answerFor(change, by));
  }
  return digests.map((digest): Answer => {
    const isLongEnough = digest.length >= DIGEST_LENGTH_MIN;
    const named = waiting.filter((one) => isLongEnough && one.digest.startsWith(digest.toLowerCase()));
    const [change, ...others] = named;
    if (change === undefined || others.length > 0) return { kind: 'unknown', digest };
    return answerFor(change, by);
  });
}

function answerFor(change: Waiting, by: Person): Answer {
  const { digest, verdict, isApprovable, rules, author } = change;
  const refuse = (because: Extract<Answer, { kind: 'refused' }>['because'], reason: string): Answer => ({
    kind: 'refused',
    digest,
    because,
    reason,
  });
  const held = rules.join(', ');
  if (verdict === 'deny') return refuse('denied', `it is denied (${held}), and a denial is never approved`);
  if (!isApprovable)
    return refuse('notApprovable', `what holds it (${held}) ends by itself or is not for a person to lift`);
  if (isSame(author, by))
    return refuse('ownVersion', `${author} pushed this version, so somebody else has to approve it`);
  return { kind: 'given', change };
}

/** Where both are known: nobody approves what they pushed. */
function isSame(author: string, { id, name }: Person): boolean {
  const known = author.trim().toLowerCase();
  return known !== '' && known !== 'unknown' && [id, name].some((one) => one.trim().toLowerCase() === known);
}

/** Rules that judge a version, and not what one attempt does to the tenant. */
const FOR_GOOD: readonly string[] = ['loosening', 'exception'];

async function give({ actId, by, reason }: Consent, change: Waiting, ports: Records): Promise<void> {
  const { digest, key, version, hash, rules } = change;
  const at = ports.clock.now();
  await ports.journal.append({
    kind: 'approval',
    runId: actId,
    fence: 0,
    key,
    intentId: ports.chance.uuid(),
    digest,
    by,
    reason,
    rules,
    version,
  });
  const isForGood = rules.some((rule) => FOR_GOOD.includes(rule));
  await ports.approvals.give(
    { digest, key, rules, by, reason, at, usedBy: null },
    isForGood ? { key, version, hash, by, reason, at } : null,
  );
}
