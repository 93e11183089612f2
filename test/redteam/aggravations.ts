import { asks, asksStrength, devices, type Parts, toApps } from './parts.ts';
import {
  AZURE_MANAGEMENT,
  EXCHANGE,
  GONE_PLACE,
  LOWER_HALF,
  OFFICE,
  OFFICE_V6,
  PHISHING_RESISTANT,
  SHAREPOINT,
} from './tenant.ts';

/**
 * A policy that shuts the emergency account out already, and that is changed: `worse` hits where `before` did not, or those
 * whom it let in; `better` hits less, and must not be kept from that.
 */
export interface Aggravation {
  /** Reads on after "a policy that": unique. */
  readonly name: string;
  readonly before: Parts;
  readonly worse: Parts;
  readonly better: Parts;
}

const DEVICE: Parts = { grantControls: asks('compliantDevice') };
const BINDING = { secureSignInSession: { isEnabled: true } };
const FORGETTING = { persistentBrowser: { isEnabled: true, mode: 'never' } };

export const AGGRAVATIONS: readonly Aggravation[] = [
  {
    name: 'asks for a device, and then for a key',
    before: DEVICE,
    worse: { grantControls: asksStrength(PHISHING_RESISTANT) },
    better: { grantControls: asks('compliantDevice', 'domainJoinedDevice') },
  },
  {
    name: 'asks for a device, and then blocks',
    before: DEVICE,
    worse: {},
    better: { ...DEVICE, clientAppTypes: ['browser'] },
  },
  {
    name: 'asks for a device, and then binds tokens on top',
    before: DEVICE,
    worse: { ...DEVICE, sessionControls: BINDING },
    better: { ...DEVICE, sessionControls: FORGETTING },
  },
  {
    name: 'blocks some applications, and then another',
    before: { applications: toApps(EXCHANGE, SHAREPOINT) },
    worse: { applications: toApps(EXCHANGE, SHAREPOINT, AZURE_MANAGEMENT) },
    better: { applications: toApps(SHAREPOINT) },
  },
  {
    name: 'blocks some clients, and then all',
    before: { clientAppTypes: ['browser', 'other'] },
    worse: { clientAppTypes: ['all'] },
    better: { clientAppTypes: ['other'] },
  },
  {
    name: 'blocks some platforms, and then all but one',
    before: { platforms: { includePlatforms: ['linux', 'macOS'] } },
    worse: { platforms: { includePlatforms: ['all'], excludePlatforms: ['android'] } },
    better: { platforms: { includePlatforms: ['macOS'] } },
  },
  {
    name: 'blocks the office, and then another place',
    before: { locations: { includeLocations: [OFFICE] } },
    worse: { locations: { includeLocations: [OFFICE, OFFICE_V6] } },
    better: { locations: { includeLocations: [OFFICE], excludeLocations: [LOWER_HALF] } },
  },
  {
    name: 'blocks a place nobody can read, and then every place',
    before: { locations: { includeLocations: [GONE_PLACE] } },
    worse: { locations: { includeLocations: ['All'] } },
    better: { locations: { includeLocations: [GONE_PLACE] }, clientAppTypes: ['browser'] },
  },
  {
    name: 'blocks two models, and then all but a third',
    before: devices('include', 'device.model -in ["one", "two"]'),
    worse: devices('include', 'device.model -ne "three"'),
    better: devices('include', 'device.model -eq "two"'),
  },
  {
    name: 'blocks by a filter nobody can read, and then by another',
    before: devices('include', 'device.colour -eq "red"'),
    worse: devices('include', 'device.colour -eq "blue"'),
    better: { ...devices('include', 'device.colour -eq "red"'), clientAppTypes: ['browser'] },
  },
  {
    name: 'blocks at two risks, and then at a third',
    before: { signInRiskLevels: ['medium', 'high'] },
    worse: { signInRiskLevels: ['low', 'medium', 'high'] },
    better: { signInRiskLevels: ['high'] },
  },
];
