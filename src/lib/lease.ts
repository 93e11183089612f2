import { asFault } from './fault.ts';
import type { Lease, Ports } from './ports.ts';

/** Well inside the lease's life, so that one lost renewal costs nothing. */
const RENEW_MS = 25_000;

/**
 * Prolongs the lease by a timer of its own while a run works, however long one request hangs.
 *
 * A renewal that fails is not acted upon here: ownership is read from the table right before each write, and that
 * reading is the one that counts.
 *
 * @returns stops renewing
 */
export function keepLease({ clock, control }: Ports, lease: Lease): () => void {
  return clock.every(RENEW_MS, () => {
    control.renew(lease).catch(asFault);
  });
}
