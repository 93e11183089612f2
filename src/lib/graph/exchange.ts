import type { Chance, Clock } from '../ports.ts';
import type { Answer, Ask, Call } from './call.ts';
import type { Tokens } from './credential.ts';
import type { Pacing } from './pacing.ts';
import { type Patience, retryAfter } from './retry.ts';
import type { Transport } from './transport.ts';

/** One request never takes longer than this, its body included. */
export const requestLimitMs = 30_000;

export interface Line {
  readonly transport: Transport;
  readonly tokens: Tokens;
  readonly pacing: Pacing;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Milliseconds since 1970; nothing is sent at or after it, and nothing waits past it. */
  readonly deadlineAt: number;
}

/**
 * Sends a call until its answer is worth keeping. The one place that sleeps between attempts.
 * @returns an `Ask` that throws a `Fault` only when no token can be had, and what `mayLeave` throws; all else is an `Answer`
 */
export function exchange(line: Line): Ask {
  const { clock } = line;
  return async (call) => {
    const deadlineAt = Math.min(line.deadlineAt, call.deadlineAt ?? line.deadlineAt);
    const untilAt = Math.min(deadlineAt, clock.now() + line.patience.elapsedMaxMs);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await attemptOnce(call, { ...line, deadlineAt });
      const jitter = fraction(answer.clientRequestId);
      const leftMs = untilAt - clock.now();
      const retry = retryAfter(call.effect, answer, attempt, jitter, line.patience, leftMs);
      if (!retry.again) return answer;
      await clock.sleep(retry.afterMs);
    }
  };
}

async function attemptOnce(call: Call, line: Line): Promise<Answer> {
  const token = await line.tokens.current(line.deadlineAt);
  const clientRequestId = call.clientRequestId ?? line.chance.uuid();
  const limitMs = () => Math.min(requestLimitMs, line.deadlineAt - line.clock.now());
  const answer = await line.pacing.turn(
    line.deadlineAt,
    async () => {
      await call.mayLeave?.();
      const isLate = line.clock.now() >= line.deadlineAt;
      return isLate
        ? tooLate(clientRequestId)
        : line.transport.attempt(call, clientRequestId, token, limitMs());
    },
    () => tooLate(clientRequestId),
  );
  if ('status' in answer && answer.status === 401) line.tokens.forget(token);
  return answer;
}

function tooLate(clientRequestId: string): Answer {
  return { kind: 'unsent', reason: 'no time is left before the deadline', clientRequestId };
}

/** A number from 0 up to 1 out of a GUID: chance enough to keep two apps from knocking in step. */
function fraction(uuid: string): number {
  const digits = uuid.replace(/[^0-9a-f]/gi, '').slice(-8);
  return digits === '' ? 0 : Number.parseInt(digits, 16) / 2 ** 32;
}
