import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSchedule } from '../../sandbox/host/timers.ts';
import type { Host } from '../../sandbox/host.ts';
import { hosting, type Line, logged } from './support.ts';

let host: Host;
let lines: Line[];

beforeAll(async () => {
  ({ host, lines } = await hosting(['timers.ts'], {
    environment: { EVERY_SECOND: '* * * * * *', WRONG: '00:05:00' },
  }));
});

afterAll(async () => {
  await host?.close();
});

describe('a timer', () => {
  it('runs when told to, with the data the real host sends', async () => {
    await host.runTimer('byHand');

    const { line } = lines.find(({ name }) => name === 'byHand') ?? { line: '{}' };
    expect(JSON.parse(line)).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: expect.any(String),
        next: expect.stringMatching(/-12-31T23:59:59.000Z$/),
        lastUpdated: expect.any(String),
      },
      isPastDue: false,
    });
  });

  it('runs on its schedule, taken from the app settings', async () => {
    await logged(lines, 'tick');

    expect(lines).toContainEqual({ level: 'information', name: 'everySecond', line: 'tick' });
  });

  it('runs at the start if it asks for that', async () => {
    await logged(lines, 'started');

    expect(lines.filter(({ name }) => name === 'atStart')).toHaveLength(1);
  });

  it.each([
    ['without its setting', 'slow', 'slow is not started: the app setting SLOW is not set'],
    [
      'with a schedule that is none',
      'wrong',
      'wrong is not started: "00:05:00" is not an NCRONTAB expression',
    ],
  ])('%s is not started, is listed, and that is said once', async (_, name, line) => {
    expect(lines.filter((said) => said.line.startsWith(name))).toEqual([
      { level: 'warning', name: 'host', line },
    ]);
    expect(host.functions.map((known) => known.name)).toContain(name);
    await expect(host.runTimer(name)).rejects.toThrow('was not started');
  });

  it('that throws is logged and says so to who ran it', async () => {
    await expect(host.runTimer('failing')).rejects.toThrow('the timer is broken');

    expect(lines).toContainEqual({
      level: 'error',
      name: 'failing',
      line: expect.stringContaining('the timer is broken'),
    });
  });

  it('that does not exist cannot be run', async () => {
    await expect(host.runTimer('nobody')).rejects.toThrow('there is no timer nobody');
  });

  it('has its schedule listed as it was registered', () => {
    expect(host.functions.find(({ name }) => name === 'everySecond')).toMatchObject({
      type: 'timerTrigger',
      schedule: '%EVERY_SECOND%',
    });
  });
});

describe('a schedule', () => {
  it.each(['0 */15 * * * *', '*/5 * * * *', '0 0/5 8-18 * JAN-MAR MON,FRI'])('may be %j', (text) => {
    expect(resolveSchedule(text, {})).toEqual({ expression: text });
  });

  it.each([
    '',
    '00:05:00',
    '@daily',
    '0 0 0 L * *',
    '0 0 0 * * MON#1',
    '2030-01-01T00:00:00',
    '* * * * * * *',
    '99 * * * * *',
  ])('may not be %j', (text) => {
    expect(resolveSchedule(text, {})).toMatchObject({ problem: expect.stringContaining('NCRONTAB') });
  });

  it('takes settings anywhere in it, and an empty one for none', () => {
    expect(resolveSchedule('0 */%MINUTES% * * * *', { MINUTES: '5' })).toEqual({
      expression: '0 */5 * * * *',
    });
    expect(resolveSchedule('%SCHEDULE%', { SCHEDULE: '' })).toEqual({
      problem: 'the app setting SCHEDULE is not set',
    });
  });
});
