import { expect, describe as group, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { CompiledPolicy } from '../../src/lib/whatif/compile.ts';
import type { Circumstances } from '../../src/lib/whatif/reach.ts';
import { describe } from '../../src/lib/whatif/words.ts';
import { compiled, id, raw, SHAREPOINT, signIn } from './support.ts';

function words(policy: RawPolicy, more: Partial<Circumstances> = {}): string {
  const { identity: _, ...known } = signIn(more);
  return describe(compiled([policy]).policies[0] as CompiledPolicy, known as Required<Circumstances>);
}

group('a sign-in in words', () => {
  it('says no more than the policy’s conditions make necessary', () => {
    expect(words(raw())).toBe(`signing in to ${SHAREPOINT} (Office 365 SharePoint Online)`);
  });

  it.each<[Readonly<Record<string, unknown>>, Partial<Circumstances>, string]>([
    [{ clientAppTypes: ['other'] }, { clientApp: 'other' }, 'with other'],
    [{ platforms: { includePlatforms: ['iOS'] } }, { platform: 'iOS' }, 'on iOS'],
    [
      { platforms: { includePlatforms: ['all'], excludePlatforms: ['iOS'] } },
      { platform: 'unknown' },
      'on an unknown platform',
    ],
    [{ platforms: { excludePlatforms: ['iOS'] } }, { platform: 'linux' }, 'on linux'],
    [{ locations: { includeLocations: ['All'] } }, {}, 'from 203.0.113.7 in DE'],
    [
      { locations: { includeLocations: ['All'] } },
      { location: { ipAddress: '::1', country: null } },
      'from ::1 in an unknown country',
    ],
    [
      { devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "x"' } } },
      {},
      'on an unregistered device',
    ],
    [
      { devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "x"' } } },
      { device: { model: 'x', isCompliant: true, mdmAppId: null } },
      'on a device with model "x", isCompliant true',
    ],
    [{ signInRiskLevels: ['high'] }, { signInRisk: 'high' }, 'at sign-in risk high'],
    [{ userRiskLevels: ['low'] }, { userRisk: 'low' }, 'at user risk low'],
    [{ insiderRiskLevels: 'minor' }, { insiderRisk: 'minor' }, 'at insider risk minor'],
    [{}, { authenticationFlow: 'deviceCodeFlow' }, 'by deviceCodeFlow'],
  ])('of a policy with %j, %j: %s', (conditions, more, said) => {
    expect(words(raw(conditions), more)).toBe(
      `signing in to ${SHAREPOINT} (Office 365 SharePoint Online) ${said}`,
    );
  });

  it.each<[Required<Circumstances>['target'], string]>([
    [
      { kind: 'app', appIds: ['ffffffff-ffff-4fff-bfff-000000000000'] },
      'signing in to some other application',
    ],
    [{ kind: 'app', appIds: [id(2)] }, `signing in to ${id(2)}`],
    [{ kind: 'userAction', action: 'urn:user:registerdevice' }, 'doing urn:user:registerdevice'],
    [{ kind: 'authContext', value: 'c1' }, 'entering authentication context c1'],
  ])('for %j: %s', (target, said) => {
    expect(words(raw(), { target })).toBe(said);
  });
});
