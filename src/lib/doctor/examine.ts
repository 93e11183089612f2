import { asFault } from '../fault.ts';
import { readTables, stateOf } from '../observe.ts';
import type { Parameters } from '../parameters.ts';
import type { Ports, Probes } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { alertsUnseen } from './alerts.ts';
import { checkClock } from './clock.ts';
import { checkDesired, knownOf } from './desired.ts';
import type { Examination, Told, Whose } from './findings.ts';
import { checkFreeze } from './freeze.ts';
import { checkLicence } from './licence.ts';
import { checkPermissions } from './permissions.ts';
import { checkProtected } from './protected.ts';
import { checkSchedule } from './schedule.ts';
import { checkSecurityDefaults } from './securityDefaults.ts';
import { checkSettings } from './settings.ts';
import { checkTables } from './tables.ts';

/** What is looked at. */
export interface Patient
  extends Probes,
    Pick<Ports, 'desired' | 'bindings' | 'runs' | 'control' | 'directory' | 'clock'> {}

/** What is known of a deployment without asking anybody. */
export interface Deployment {
  readonly settings: Settings;
  readonly parameters: Parameters;
  readonly as: Whose;
  /** Id of its resource group in Azure Resource Manager; null where the platform does not say. */
  readonly resourceGroup: string | null;
}

/** Runs among which one on schedule is looked for. */
const RUNS_LOOKED_AT = 100;

/**
 * Looks at everything a deployment stands on. Changes nothing; four or five requests to Graph, none of which counts
 * against the budget of the policies, and some fifteen to the tables. Never throws for weather: what could not be seen is
 * `unverified`.
 */
export async function examine(patient: Patient, deployment: Deployment): Promise<Examination> {
  const { directory, control, runs, clock } = patient;
  const { settings, parameters, as, resourceGroup } = deployment;
  const { mode } = settings;
  const identities = settings.protected;

  // What is judged by the clock is judged as of now, however long the rest is waited for.
  const nowMs = clock.now();
  // All at once, so that what hangs takes no time from the others.
  const asked = told(() => patient.token());
  const ofGraph = async <T>(read: () => Promise<T>): Promise<Told<T>> =>
    (await asked).kind === 'told' ? told(read) : NOT_ASKED;
  const [token, people, defaults, licences, accesses, freeze, latest, state] = await Promise.all([
    asked,
    ofGraph(async () => (await directory.protected(identities)).identities),
    ofGraph(() => directory.securityDefaults()),
    ofGraph(() => directory.licences()),
    patient.tables(),
    told(() => control.frozen()),
    told(() => runs.latest(RUNS_LOOKED_AT)),
    told(async () => stateOf(await readTables(patient), parameters, identities, nowMs).state),
  ]);
  const known = knownOf(state);

  return {
    examinedAt: new Date(nowMs).toISOString(),
    findings: [
      ...checkSettings(as),
      ...checkTables(accesses, as, settings.stateStorage.kind === 'connectionString'),
      ...checkPermissions(token, mode, as),
      ...checkProtected(people, mode),
      ...checkSchedule(settings.schedule, latest, nowMs, as),
      ...checkClock(patient.serviceTimes(), as),
      ...checkSecurityDefaults(defaults, known),
      ...checkLicence(licences, known),
      ...checkFreeze(freeze),
      ...checkDesired(state, settings.signers.length > 0, as),
      ...alertsUnseen(resourceGroup),
    ],
  };
}

const NOT_ASKED: Told<never> = {
  kind: 'untold',
  reason: 'Graph was not asked, as there is no token for it (see permissions)',
};

async function told<T>(read: () => Promise<T>): Promise<Told<T>> {
  try {
    return { kind: 'told', value: await read() };
  } catch (error) {
    return { kind: 'untold', reason: asFault(error).message };
  }
}
