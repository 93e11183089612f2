/**
 * What a caller may do about the trouble.
 *
 * - `config`        a setting, a permission grant or an input is wrong; trying again changes nothing
 * - `denied`        the other side knows us and refuses (401, 403)
 * - `rejected`      the other side understood and said no (other 4xx); nothing changed there
 * - `missing`       404: the addressed thing is not there, as far as this answer goes
 * - `unavailable`   no usable answer to a read, or the request certainly was not carried out; later may be better
 * - `indeterminate` a write was sent and its answer was lost or unreadable; it may have happened
 */
export type FaultKind = 'config' | 'denied' | 'rejected' | 'missing' | 'unavailable' | 'indeterminate';

/** What the other side said, kept for whoever has to ask its support about it. */
export interface FaultDetail {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The service's own number at the start of a Conditional Access message (1037, 1040 …) or its error code. */
  readonly code?: string;
  readonly requestId?: string;
  readonly clientRequestId?: string;
}

/**
 * Trouble with the world outside: the one class that is thrown on purpose. `kind` tells the caller what may be done.
 * Anything else that is thrown is a bug and ends the run.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  readonly detail: FaultDetail;

  /** @param message names the thing, the place and what to do; never a token, a secret or a whole response */
  constructor(kind: FaultKind, message: string, detail: FaultDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.detail = detail;
  }
}

/** Narrows a caught value to a `Fault` and rethrows everything else, so that a bug never passes for weather. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}
