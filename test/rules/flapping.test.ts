import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACK_OFF_MS, type FlapLimit, remember } from '../../src/lib/flapping.ts';
import type { PutBack } from '../../src/lib/journal.ts';
import { article, type World, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const MINUTE_MS = 60_000;

async function settled(): Promise<World & { readonly id: string }> {
  const made = await world();
  await made.push({ 'require-mfa': article() });
  await made.run();
  return { ...made, id: String(made.live(NAME).id) };
}

function switchOff({ tenant, id }: World & { readonly id: string }): void {
  tenant.admin.edit(id, (policy) => {
    policy.state = 'disabled';
  });
}

/** Somebody switches it off right after each run, every five minutes. @returns how each run ended */
async function tugOfWar(made: World & { readonly id: string }, runs: number): Promise<string[]> {
  const ends: string[] = [];
  for (let run = 0; run < runs; run++) {
    switchOff(made);
    await made.wait(5 * MINUTE_MS);
    ends.push((await made.run()).status);
  }
  return ends;
}

describe('flapping', () => {
  it('puts a field back five times within the hour, then once an hour, and says so once', async () => {
    const made = await settled();

    const first = await tugOfWar(made, 5);
    const later = await tugOfWar(made, 30);

    expect(first).toEqual(Array(5).fill('remediated'));
    expect(later.filter((status) => status === 'remediated')).toHaveLength(2);
    expect(later.filter((status) => status === 'held')).toHaveLength(28);
    const said = made.events.filter(
      ({ event, facts }) => event === 'ChangeHeld' && facts.key === 'require-mfa',
    );
    expect(said.length).toBeLessThanOrEqual(3);
    expect(said[0]?.facts.findings).toMatchObject([
      {
        rule: 'flapping',
        detail: expect.stringContaining('state is changed again each time it is put back'),
      },
    ]);
  });

  it('is seen by a timer of fifteen minutes, whose five runs take the whole hour and some seconds', async () => {
    const made = await settled();
    const ends: string[] = [];
    for (let run = 0; run < 6; run++) {
      switchOff(made);
      await made.wait(15 * MINUTE_MS + run * 1000);
      ends.push((await made.run()).status);
    }

    expect(ends).toEqual([...Array(5).fill('remediated'), 'held']);
  });

  it('goes on at full speed by itself once the field was left alone for two hours', async () => {
    const made = await settled();
    await tugOfWar(made, 8);
    await made.wait(BACK_OFF_MS);
    await made.run();
    await made.wait(2 * BACK_OFF_MS + MINUTE_MS);

    expect(await tugOfWar(made, 4)).toEqual(Array(4).fill('remediated'));
  });

  it('gains an intruder nothing: other fields of the policy, and other policies, are put right at once', async () => {
    const made = await settled();
    await made.push({ other: article({ displayName: 'CA002' }) });
    await made.run();
    await tugOfWar(made, 6);
    await made.wait(BACK_OFF_MS);
    await made.run();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.conditions.users?.excludeUsers.push('e0000000-0000-4000-8000-000000000001');
    });
    made.tenant.admin.edit(String(made.live('CA002').id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(report.policies.map(({ outcome }) => outcome?.status)).toEqual(['applied', 'applied']);
  });

  it('gains an intruder an hour at the most, whatever they do', () => {
    const limit: FlapLimit = { count: 5, windowMs: 60 * MINUTE_MS };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 * 3_600_000 }), { maxLength: 60 }), (gaps) => {
        let known: readonly PutBack[] = [];
        let now = 0;
        let waited = 0;
        for (const gap of gaps) {
          now += gap;
          const flaps = known.find(({ isFlapping }) => isFlapping);
          const isHeld = flaps !== undefined && now - (flaps.times.at(-1) ?? 0) < BACK_OFF_MS;
          waited = isHeld ? waited + gap : 0;
          if (isHeld) continue;
          known = remember(known, ['state'], now, limit);
          expect(known.every(({ times }) => times.length <= limit.count)).toBe(true);
        }
        expect(waited).toBeLessThan(BACK_OFF_MS);
      }),
    );
  });

  it('remembers no more than counts, and lets go of fields that came to rest', () => {
    const limit: FlapLimit = { count: 3, windowMs: 60 * MINUTE_MS };
    let known: readonly PutBack[] = [];
    for (let n = 0; n < 10; n++) known = remember(known, ['state', `field-${n}`], n * 60 * MINUTE_MS, limit);

    expect(known.map(({ field }) => field)).toEqual(['field-7', 'field-8', 'state', 'field-9']);
    expect(known.find(({ field }) => field === 'state')?.times).toHaveLength(3);
  });
});
