/**
 * Three-valued truth: yes, no, or "depends on what was not given", naming it. Kleene's logic, so an answer that is
 * given early can only stay the same when more becomes known.
 */
export type Truth = boolean | Unknown;

/** The answer hangs on these, in the words of `SignIn` (`platform`, `device.trustType`) or of the tenant (`named location …`). */
export interface Unknown {
  readonly needs: readonly string[];
}

export function unknown(...needs: readonly string[]): Unknown {
  return { needs };
}

export function isUnknown(truth: Truth): truth is Unknown {
  return typeof truth === 'object';
}

/** What cannot be ruled out. The lock-out proof counts it as a yes. */
export function couldBe(truth: Truth): boolean {
  return truth !== false;
}

export function not(truth: Truth): Truth {
  return isUnknown(truth) ? truth : !truth;
}

export function either(...truths: readonly Truth[]): Truth {
  return join(true, truths);
}

export function both(...truths: readonly Truth[]): Truth {
  return join(false, truths);
}

/** The dominant value wins; without it, everything that is open is needed. */
function join(dominant: boolean, truths: readonly Truth[]): Truth {
  const needs: string[] = [];
  for (const truth of truths) {
    if (truth === dominant) return dominant;
    if (isUnknown(truth)) needs.push(...truth.needs);
  }
  return needs.length === 0 ? !dominant : unknown(...new Set(needs));
}
