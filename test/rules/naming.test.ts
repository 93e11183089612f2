import { describe, expect, it } from 'vitest';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const limits = { namingPattern: /^CA\d{3} - /u };
const stricter = { namingPattern: /^CA\d{3}-(Global|Admins)-/u };

const held = { rule: 'naming', decision: 'hold', level: 'error' };
const noted = { rule: 'naming', decision: 'note', level: 'error' };

describe('naming', () => {
  it('holds a rollout under a name that does not match, and says name and pattern', async () => {
    const made = await world();
    await made.push({ own: article({ displayName: 'Require MFA' }) });

    const report = await made.run({ limits });

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold', findings: [held] }] });
    expect(report.policies[0]?.findings[0]?.detail).toContain(
      'the displayName "Require MFA" does not match NAMING_PATTERN (^CA\\d{3} - )',
    );
    expect(made.tenant.truth()).toEqual([]);
  });

  it('lets a name pass that matches, run after run, and any name where there is no pattern', async () => {
    const made = await world();
    await made.push({ own: article(), other: article({ displayName: 'CA002 - Other' }) });
    const matching = await made.run({ limits });
    await made.push({ free: article({ displayName: 'Require MFA' }) });

    const free = await made.run();

    expect(matching.policies.map(({ findings }) => findings)).toEqual([[], []]);
    expect([matching.status, free.status]).toEqual(['remediated', 'remediated']);
  });

  it('asks nothing where nothing is written', async () => {
    const existing = article({
      displayName: 'Require MFA',
      conditions: {
        users: {
          includeUsers: ['All'],
          excludeUsers: [BREAK_GLASS_USER],
          excludeGroups: [BREAK_GLASS_GROUP],
        },
        applications: { includeApplications: ['All'] },
        clientAppTypes: ['all'],
      },
    });
    const made = await world({ tenant: { policies: [existing as never] } });
    await made.push({ own: existing });

    const report = await made.run({ limits });

    expect(report.policies[0]).toMatchObject({ change: { action: 'adopt' }, verdict: 'admit', findings: [] });
  });

  it('gains an intruder nothing: a proven policy that was renamed gets its name back', async () => {
    const made = await world();
    await made.push({ own: article() });
    await made.run({ limits });
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.displayName = 'whatever';
      policy.state = 'disabled';
    });

    const report = await made.run({ limits });

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('is no reason to leave a proven policy broken when the convention came later', async () => {
    const made = await world();
    await made.push({ own: article() });
    await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run({ limits: stricter });

    expect(report).toMatchObject({
      status: 'remediated',
      policies: [{ verdict: 'admit', findings: [noted] }],
    });
    expect(made.live(NAME).state).toBe('enabled');
  });
});
