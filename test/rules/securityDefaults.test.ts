import { describe, expect, it } from 'vitest';
import { article, type World, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const REPORT_ONLY = 'enabledForReportingButNotEnforced';
const DEFAULTS = /identitySecurityDefaultsEnforcementPolicy$/;

async function settled(policies: Record<string, object> = { 'require-mfa': article() }): Promise<World> {
  const made = await world();
  await made.push(policies as never);
  expect((await made.run()).status).toBe('remediated');
  return made;
}

function edit({ tenant, live }: World, name: string, mutate: Parameters<typeof tenant.admin.edit>[1]): void {
  tenant.admin.edit(String(live(name).id), mutate);
}

function asked({ tenant }: World, since = 0) {
  return tenant.log.slice(since).filter(({ path }) => DEFAULTS.test(path));
}

const held = { rule: 'securityDefaults', decision: 'hold', level: 'error' };
const noted = { rule: 'securityDefaults', decision: 'note', level: 'error' };

describe('securityDefaults', () => {
  it('holds a rollout that would be enabled, and only looks at the defaults', async () => {
    const made = await world({ tenant: { securityDefaults: true } });
    await made.push({ 'require-mfa': article() });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold', findings: [held] }] });
    expect(report.policies[0]?.findings[0]?.detail).toContain('turn them off first');
    expect(made.tenant.truth()).toEqual([]);
    expect(asked(made).map(({ method }) => method)).toEqual(['GET']);
    expect(made.tenant.settings.securityDefaults).toBe(true);
  });

  it('lets the rollout go once they are off', async () => {
    const made = await world({ tenant: { securityDefaults: true } });
    await made.push({ 'require-mfa': article() });
    await made.run();
    made.tenant.settings.securityDefaults = false;

    const report = await made.run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
  });

  it.each([REPORT_ONLY, 'disabled'])('asks nothing where the result is %s', async (state) => {
    const made = await world({ tenant: { securityDefaults: true } });
    await made.push({ 'require-mfa': article({ state }) });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
    expect(asked(made)).toEqual([]);
  });

  it('asks nothing in a run that has nothing to write', async () => {
    const made = await settled();
    const since = made.tenant.log.length;

    const report = await made.run();

    expect(report.status).toBe('inSync');
    expect(asked(made, since)).toEqual([]);
  });

  it.each([
    ['may not be read', 'forbidden'],
    ['cannot be read', 'serverError'],
    ['answer in another shape', 'htmlPage'],
  ] as const)('finds nothing where they %s, and says so', async (_, fault) => {
    const made = await world();
    made.tenant.arm(fault, { path: DEFAULTS, times: Number.POSITIVE_INFINITY });
    await made.push({ 'require-mfa': article() });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
    expect(report.findings).toEqual([
      expect.objectContaining({
        rule: 'surroundings',
        decision: 'note',
        detail: expect.stringContaining('security defaults could not be read'),
      }),
    ]);
  });

  it('gains an intruder nothing: repair is sent, and the answer of the service decides', async () => {
    const made = await settled();
    edit(made, NAME, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.settings.securityDefaults = true;
    made.tenant.beforeRequest = ({ method }) => {
      if (method === 'PATCH') made.tenant.settings.securityDefaults = false;
    };

    const report = await made.run();

    expect(report).toMatchObject({
      status: 'remediated',
      policies: [{ verdict: 'admit', findings: [noted] }],
    });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('gains an intruder no more than the service itself gives: what it takes is put right, the rest says why not', async () => {
    const made = await settled({
      'require-mfa': article(),
      watch: article({ displayName: 'CA002', state: REPORT_ONLY }),
    });
    made.tenant.settings.securityDefaults = true;
    edit(made, NAME, (policy) => {
      policy.state = 'disabled';
    });
    edit(made, 'CA002', (policy) => {
      policy.state = 'disabled';
    });

    const refused = await made.run();
    made.tenant.settings.securityDefaults = false;
    const repaired = await made.run();

    expect(refused.policies.find(({ key }) => key === 'require-mfa')).toMatchObject({
      findings: [noted],
      outcome: { status: 'rejected', reason: expect.stringContaining('Security defaults are on') },
    });
    expect(refused.policies.find(({ key }) => key === 'watch')).toMatchObject({
      findings: [],
      outcome: { status: 'applied', settled: true },
    });
    expect(repaired.status).toBe('remediated');
    expect(made.live(NAME).state).toBe('enabled');
  });
});
