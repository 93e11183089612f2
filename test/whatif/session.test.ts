import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import {
  combineSessions,
  compileSession,
  type Frequency,
  frequencyOf,
  type SessionControl,
  sessionBlock,
} from '../../src/lib/whatif/session.ts';

function controls(sessionControls: object, unread: readonly string[] = []): readonly SessionControl[] {
  return compileSession(canonical({ sessionControls }), 'p1', unread);
}

function control(name: string, value: string): SessionControl {
  return { policyId: 'p1', control: name, value };
}

const BOTH = 'primaryAndSecondaryAuthentication';
const SECOND = 'secondaryAuthentication';

describe('the session controls of a policy', () => {
  it.each<[object, readonly SessionControl[]]>([
    [{}, []],
    [
      { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
      [control('signInFrequency', '4 hours')],
    ],
    [
      { signInFrequency: { isEnabled: true, type: 'days', value: 2 } },
      [control('signInFrequency', '48 hours')],
    ],
    [
      { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } },
      [control('signInFrequency', 'everyTime')],
    ],
    [{ signInFrequency: { isEnabled: false, type: 'hours', value: 4 } }, []],
    [{ persistentBrowser: { isEnabled: true, mode: 'never' } }, [control('persistentBrowser', 'never')]],
    [{ persistentBrowser: { isEnabled: false, mode: 'never' } }, []],
    [
      { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } },
      [control('cloudAppSecurity', 'monitorOnly')],
    ],
    [
      { applicationEnforcedRestrictions: { isEnabled: true } },
      [control('applicationEnforcedRestrictions', 'on')],
    ],
    [{ disableResilienceDefaults: true }, [control('disableResilienceDefaults', 'on')]],
    [{ secureSignInSession: { isEnabled: true } }, [control('secureSignInSession', 'on')]],
  ])('are those that are on, with what they are set to: %j', (session, expected) => {
    expect(controls(session)).toEqual(expected);
  });

  it('name what was not understood of them', () => {
    expect(controls({}, ['sessionControls.somethingNew', 'sessionControls'])).toEqual([
      control('somethingNew', 'not understood'),
      control('sessionControls', 'not understood'),
    ]);
  });

  it('take a frequency whose length is not known for every time', () => {
    const frequency = canonical({ sessionControls: { signInFrequency: { isEnabled: true, type: 'days' } } });

    expect(frequencyOf(frequency)).toEqual({ interval: 'everyTime', authenticationType: BOTH });
  });
});

describe('the session of all policies together', () => {
  const timed = (hours: number, authenticationType = SECOND): Frequency => ({
    interval: 'timeBased',
    hours,
    authenticationType,
  });
  const everyTime = (authenticationType = SECOND): Frequency => ({
    interval: 'everyTime',
    authenticationType,
  });

  it.each<[string, readonly Frequency[], Frequency | null]>([
    ['nobody asks', [], null],
    ['the shortest', [timed(12), timed(4), timed(8)], timed(4)],
    ['the shortest, wherever it stands', [timed(4), timed(12)], timed(4)],
    ['every time', [timed(1), everyTime(), timed(1)], everyTime()],
    ['at the same length, by both proofs', [timed(4), timed(4, BOTH)], timed(4, BOTH)],
    ['… wherever it stands', [timed(4, BOTH), timed(4)], timed(4, BOTH)],
    ['every time, by both proofs', [everyTime(), everyTime(BOTH)], everyTime(BOTH)],
    ['the first of two that ask alike', [timed(4), timed(4, 'null')], timed(4)],
    ['shorter before more proof', [timed(8, BOTH), timed(4)], timed(4)],
    ['… wherever it stands', [timed(4), timed(8, BOTH)], timed(4)],
  ])('asks for the strictest frequency: %s', (_, frequencies, strictest) => {
    expect(combineSessions([], frequencies).signInFrequency).toEqual(strictest);
  });

  it.each([
    [[], null],
    [['always'], 'always'],
    [['always', 'never'], 'never'],
    [['null'], null],
  ])('of browsers that stay signed in %j comes to %s', (values, mode) => {
    const said = values.map((value) => control('persistentBrowser', value));
    expect(combineSessions([...said, control('cloudAppSecurity', 'never')], []).persistentBrowser).toBe(mode);
  });

  it.each([
    [[], null],
    [['monitorOnly'], 'monitorOnly'],
    [['monitorOnly', 'mcasConfigured'], 'mcasConfigured'],
    [['monitorOnly', 'mcasConfigured', 'blockDownloads'], 'blockDownloads'],
    [['somethingNew'], null],
  ])('of ways through Defender %j comes to %s', (values, type) => {
    const said = values.map((value) => control('cloudAppSecurity', value));
    expect(combineSessions(said, []).cloudAppSecurity).toBe(type);
  });
});

describe('a session control that can shut somebody out', () => {
  it.each<[SessionControl, ReturnType<typeof sessionBlock>]>([
    [
      control('somethingNew', 'not understood'),
      { name: 'somethingNew', why: 'somethingNew is not understood and may shut it out' },
    ],
    [
      control('secureSignInSession', 'on'),
      { name: 'secureSignInSession', why: 'token protection lets in only apps on a registered device' },
    ],
    [
      control('disableResilienceDefaults', 'on'),
      {
        name: 'disableResilienceDefaults',
        why: 'without resilience defaults no session goes on during an outage',
      },
    ],
    [
      control('cloudAppSecurity', 'mcasConfigured'),
      { name: 'mcasConfigured', why: 'a policy in Defender for Cloud Apps decides, and it may block' },
    ],
    [
      control('cloudAppSecurity', 'null'),
      { name: 'mcasConfigured', why: 'a policy in Defender for Cloud Apps decides, and it may block' },
    ],
    [
      control('cloudAppSecurity', 'monitorOnly'),
      { name: 'monitorOnly', why: 'while Defender for Cloud Apps is down it may block' },
    ],
    [
      control('cloudAppSecurity', 'blockDownloads'),
      { name: 'blockDownloads', why: 'while Defender for Cloud Apps is down it may block' },
    ],
    [
      control('cloudAppSecurity', 'unknownFutureValue'),
      { name: 'unknownFutureValue', why: 'a policy in Defender for Cloud Apps decides, and it may block' },
    ],
    [
      control('applicationEnforcedRestrictions', 'on'),
      { name: 'applicationEnforcedRestrictions', why: 'SharePoint may block devices that are not managed' },
    ],
    [control('signInFrequency', 'everyTime'), undefined],
    [control('persistentBrowser', 'never'), undefined],
  ])('is told with its name and why: %j', (one, block) => {
    expect(sessionBlock(one)).toEqual(block);
  });
});
