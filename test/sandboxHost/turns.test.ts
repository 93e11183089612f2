import { describe, expect, it } from 'vitest';
import { inTurn, startTimer } from '../../sandbox/host/timers.ts';
import { hosting } from './support.ts';

/** Work that ends when it is told to. */
function manual() {
  const open: PromiseWithResolvers<void>[] = [];
  let started = 0;
  const turns = inTurn(() => {
    started += 1;
    const run = Promise.withResolvers<void>();
    open.push(run);
    return run.promise;
  });
  return {
    turns,
    started: () => started,
    async settle(end: (run: PromiseWithResolvers<void>) => void = (run) => run.resolve()) {
      await aMoment();
      const run = open.shift();
      if (run !== undefined) end(run);
      await aMoment();
    },
  };
}

/** Until everything that was ready has happened. */
function aMoment(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

describe('a timer, in turn,', () => {
  it('makes one run of everything that came due during a run', async () => {
    const { turns, started, settle } = manual();
    turns.tick();
    await aMoment();
    turns.tick();
    turns.tick();
    turns.tick();
    const during = started();

    await settle();
    await settle();

    expect([during, started()]).toEqual([1, 2]);
  });

  it('runs as often as a person asks, one after the other', async () => {
    const { turns, started, settle } = manual();
    const asked = [turns.run(), turns.run()];
    await aMoment();
    const atFirst = started();

    await settle();
    await settle();
    await Promise.all(asked);

    expect([atFirst, started()]).toEqual([1, 2]);
  });

  it('goes on after a run that failed', async () => {
    const { turns, started, settle } = manual();
    turns.tick();
    await settle((run) => run.reject(new Error('broken')));
    turns.tick();
    await settle();

    expect(started()).toBe(2);
  });

  it('starts nothing more once it is stopped, not even what was due', async () => {
    const { turns, started, settle } = manual();
    turns.tick();
    await aMoment();
    turns.tick();
    turns.stop();
    await settle();
    await settle();

    expect(started()).toBe(1);
  });
});

it('never runs a hosted timer beside itself, whoever starts it', async () => {
  const { host, lines } = await hosting(['timers.ts'], { environment: { SLOW: '* * * * * *' } });

  await Promise.all(Array.from({ length: 5 }, () => host.runTimer('slow')));
  await host.close();

  const said = lines.filter(({ name }) => name === 'slow').map(({ line }) => line);
  expect(said.length).toBeGreaterThanOrEqual(5);
  expect(new Set(said)).toEqual(new Set(['overlaps: 0']));
});

it('needs a day to fit both day fields, as NCRONTAB does', async () => {
  const nexts: string[] = [];
  const timer = startTimer('0 0 0 13 * FRI', async (data) => {
    nexts.push((data as { ScheduleStatus: { Next: string } }).ScheduleStatus.Next);
  });
  await timer.run();
  timer.stop();

  const [next] = nexts.map((text) => new Date(text));
  expect([next?.getUTCDate(), next?.getUTCDay()]).toEqual([13, 5]);
});
