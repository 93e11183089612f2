import { BACK_OFF_MS, fieldsOf, lastOf, WHOLE } from '../flapping.ts';
import { isWrite } from '../plan.ts';
import type { Rule } from './rule.ts';

/**
 * Somebody, or another tool, undoes what this program does as often as it does it. Going on at full speed wins nothing,
 * spends the tenant's budget of requests and fills the log: a field that was put back `FLAP_COUNT` times within
 * `FLAP_WINDOW_MINUTES` is put back at most once an hour from then on. It never gives up for good, and goes on at full
 * speed once the field has stayed as it was put back for two hours.
 *
 * What an intruder gains by provoking it: one hour, for the policy whose field flaps.
 */
export const flapping: Rule = {
  name: 'flapping',
  check(change, { bindings, now }) {
    if (!isWrite(change)) return undefined;
    const fields = fieldsOf(change);
    const flaps = (bindings.get(change.key)?.putBack ?? []).find(
      ({ field, isFlapping, times }) =>
        isFlapping && fields.includes(field) && now - lastOf(times) < BACK_OFF_MS,
    );
    if (flaps === undefined) return undefined;
    const what = flaps.field === WHOLE ? 'the policy' : flaps.field;
    const again = new Date(lastOf(flaps.times) + BACK_OFF_MS).toISOString();
    return {
      decision: 'hold',
      detail: `${what} is changed again each time it is put back, by somebody or by another tool; tried once an hour, next from ${again} on`,
    };
  },
};
