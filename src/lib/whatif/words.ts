import { withName } from '../wellKnown.ts';
import type { CompiledPolicy } from './compile.ts';
import type { Circumstances } from './reach.ts';
import type { Device, Location, Target } from './signIn.ts';

/** A sign-in for people, in as many words as the policy's conditions make necessary. */
export function describe(policy: CompiledPolicy, signIn: Required<Circumstances>): string {
  const { clientApps, platforms, location, deviceFilter, signInRisk, userRisk, insiderRisk } = policy;
  return [
    targetWords(signIn.target),
    ...(clientApps.values.includes('all') ? [] : [`with ${signIn.clientApp}`]),
    ...(platforms.include.values.length + platforms.exclude.values.length === 0
      ? []
      : [`on ${signIn.platform === 'unknown' ? 'an unknown platform' : signIn.platform}`]),
    ...(location === null ? [] : [locationWords(signIn.location)]),
    ...(deviceFilter === null ? [] : [deviceWords(signIn.device)]),
    ...(signInRisk.values.length === 0 ? [] : [`at sign-in risk ${signIn.signInRisk}`]),
    ...(userRisk.values.length === 0 ? [] : [`at user risk ${signIn.userRisk}`]),
    ...(insiderRisk.values.length === 0 ? [] : [`at insider risk ${signIn.insiderRisk}`]),
    ...(signIn.authenticationFlow === 'none' ? [] : [`by ${signIn.authenticationFlow}`]),
  ].join(' ');
}

function targetWords(target: Target): string {
  switch (target.kind) {
    case 'app': {
      const [id = ''] = target.appIds;
      return `signing in to ${id.startsWith('ffffffff') ? 'some other application' : withName(id)}`;
    }
    case 'userAction':
      return `doing ${target.action}`;
    case 'authContext':
      return `entering authentication context ${target.value}`;
  }
}

function locationWords({ ipAddress, country }: Location): string {
  return `from ${ipAddress} in ${country ?? 'an unknown country'}`;
}

function deviceWords(device: Device): string {
  if (device === 'unregistered') return 'on an unregistered device';
  const values = Object.entries(device).filter(([, value]) => value !== null);
  return `on a device with ${values.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}`;
}
