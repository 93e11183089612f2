import type { Policy } from '../policy/model.ts';

/** One session control a policy puts in force. */
export interface SessionControl {
  readonly policyId: string;
  /** Graph's name, such as `signInFrequency`. */
  readonly control: string;
  /** What it is set to: `everyTime`, `4 hours`, `never`, `blockDownloads`, `on`. */
  readonly value: string;
}

/** Session controls of all policies that apply, and what they come to. */
export interface Session {
  readonly controls: readonly SessionControl[];
  readonly signInFrequency: Frequency | null;
  /** `never` beats `always`. */
  readonly persistentBrowser: 'always' | 'never' | null;
  readonly cloudAppSecurity: string | null;
}

export type Frequency =
  | { readonly interval: 'everyTime'; readonly authenticationType: string }
  | { readonly interval: 'timeBased'; readonly hours: number; readonly authenticationType: string };

const path = 'sessionControls';

/** Session controls one policy asks for. @param unread paths under `sessionControls` that were not understood */
export function compileSession(
  policy: Policy,
  policyId: string,
  unread: readonly string[],
): readonly SessionControl[] {
  const isOn = (name: string): boolean => policy[`${path}.${name}`] === true;
  const control = (name: string, value: string): SessionControl => ({ policyId, control: name, value });
  const frequency = frequencyOf(policy);
  return [
    ...(frequency === null ? [] : [control('signInFrequency', frequencyText(frequency))]),
    ...(isOn('persistentBrowser.isEnabled')
      ? [control('persistentBrowser', String(policy[`${path}.persistentBrowser.mode`]))]
      : []),
    ...(isOn('cloudAppSecurity.isEnabled')
      ? [control('cloudAppSecurity', String(policy[`${path}.cloudAppSecurity.cloudAppSecurityType`]))]
      : []),
    ...(isOn('applicationEnforcedRestrictions.isEnabled')
      ? [control('applicationEnforcedRestrictions', 'on')]
      : []),
    ...(isOn('disableResilienceDefaults') ? [control('disableResilienceDefaults', 'on')] : []),
    ...(isOn('secureSignInSession.isEnabled') ? [control('secureSignInSession', 'on')] : []),
    ...unread.map((name) => control(name.replace(`${path}.`, ''), 'not understood')),
  ];
}

/** How often a policy makes people sign in again. */
export function frequencyOf(policy: Policy): Frequency | null {
  const { isEnabled, type, value, authenticationType } = {
    isEnabled: policy[`${path}.signInFrequency.isEnabled`],
    type: policy[`${path}.signInFrequency.type`],
    value: policy[`${path}.signInFrequency.value`],
    authenticationType: String(policy[`${path}.signInFrequency.authenticationType`]),
  };
  if (isEnabled !== true) return null;
  // In canonical form `everyTime` has no value; an interval nobody can read counts as the strictest.
  if (typeof value !== 'number') return { interval: 'everyTime', authenticationType };
  return { interval: 'timeBased', hours: value * (type === 'days' ? 24 : 1), authenticationType };
}

function frequencyText(frequency: Frequency): string {
  return frequency.interval === 'everyTime' ? 'everyTime' : `${frequency.hours} hours`;
}

/** All are in force; of those that contradict one another the strictest counts. */
export function combineSessions(
  controls: readonly SessionControl[],
  frequencies: readonly Frequency[],
): Session {
  const valuesOf = (name: string): readonly string[] =>
    controls.filter(({ control }) => control === name).map(({ value }) => value);
  const browser = valuesOf('persistentBrowser');
  return {
    controls,
    signInFrequency: frequencies.reduce<Frequency | null>(
      (strictest, next) => (strictest === null || isStricter(next, strictest) ? next : strictest),
      null,
    ),
    persistentBrowser: browser.includes('never') ? 'never' : browser.includes('always') ? 'always' : null,
    cloudAppSecurity:
      ['blockDownloads', 'mcasConfigured', 'monitorOnly'].find((type) =>
        valuesOf('cloudAppSecurity').includes(type),
      ) ?? null,
  };
}

function isStricter(one: Frequency, other: Frequency): boolean {
  const hours = (frequency: Frequency): number => (frequency.interval === 'everyTime' ? 0 : frequency.hours);
  if (hours(one) !== hours(other)) return hours(one) < hours(other);
  // Of two that ask for both proofs either will do.
  return one.authenticationType === 'primaryAndSecondaryAuthentication';
}

/**
 * Why a session control can shut somebody out, or undefined where it cannot.
 *
 * - `secureSignInSession`: apps get in only with a token bound to a registered device, which an emergency account on a
 *   borrowed machine has not (Entra docs, concept-token-protection).
 * - `disableResilienceDefaults`: while Entra's primary service is down no session goes on, and an outage is what emergency
 *   accounts are for (Entra docs, resilience-defaults). New sessions do not begin then whatever a policy says.
 * - `cloudAppSecurity`: with `mcasConfigured` a policy in Defender for Cloud Apps decides, which we do not read, and it may
 *   block. With `monitorOnly` and `blockDownloads` people get in except while Defender is down: whether it blocks then is a
 *   setting Graph does not show (Defender docs, troubleshooting-proxy-end-users, Downtime).
 * - `applicationEnforcedRestrictions`: SharePoint limits what a device that is not managed may do, or blocks it, by a
 *   setting of its own (SharePoint docs, control-access-from-unmanaged-devices).
 * - Signing in again (`signInFrequency`) and not staying signed in (`persistentBrowser`) keep nobody out.
 * - What is not understood may do anything.
 */
export function sessionBlock({
  control,
  value,
}: SessionControl): { readonly name: string; readonly why: string } | undefined {
  if (value === 'not understood')
    return { name: control, why: `${control} is not understood and may shut it out` };
  if (control === 'secureSignInSession')
    return { name: control, why: 'token protection lets in only apps on a registered device' };
  if (control === 'disableResilienceDefaults')
    return { name: control, why: 'without resilience defaults no session goes on during an outage' };
  if (control === 'applicationEnforcedRestrictions')
    return { name: control, why: 'SharePoint may block devices that are not managed' };
  if (control === 'cloudAppSecurity')
    return {
      // Without a type it is taken for the one that may block at any time.
      name: value === 'null' ? 'mcasConfigured' : value,
      why: ['monitorOnly', 'blockDownloads'].includes(value)
        ? 'while Defender for Cloud Apps is down it may block'
        : 'a policy in Defender for Cloud Apps decides, and it may block',
    };
  return undefined;
}
