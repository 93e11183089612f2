import { leaveOn } from './contingency.ts';
import type { ProtectedIdentities } from './desired.ts';
import { type Drift, diff, type Observation } from './diff.ts';
import { asFault } from './fault.ts';
import { guard, type Verdict } from './guard.ts';
import { observeTenant, readTables, type State, stateOf, withReferences } from './observe.ts';
import { type Change, plan } from './plan.ts';
import type { TenantId } from './policy/model.ts';
import { asSet } from './policy/values.ts';
import type { PersonRead, Ports } from './ports.ts';
import type { Limits } from './reconcile.ts';
import { tamperingOf } from './record.ts';
import type { RequestCounts } from './report.ts';
import { desiredSet, observedSet, resultingSet } from './sets.ts';
import { locationsOf, lookAround } from './surroundings.ts';
import { isPublic, parseAddress } from './whatif/addresses.ts';
import { appliedOnly, compareSets, type PlannedChange, type WhatIfAnswer } from './whatif/answer.ts';
import { compareWithGraph, type RawResult } from './whatif/besideGraph.ts';
import { compile, type PolicyEntry } from './whatif/compile.ts';
import { evaluate, type Reading } from './whatif/evaluate.ts';
import type { NamedLocations } from './whatif/locations.ts';
import { type Question, readQuestion } from './whatif/question.ts';
import type { Identity, Location, SignIn, UserIdentity } from './whatif/signIn.ts';

/** One question about one tenant. */
export interface SimulateRequest {
  readonly tenantId: TenantId;
  /** In the form of Graph's `evaluate`; see `readQuestion`. */
  readonly body: unknown;
}

export type Simulation =
  | { readonly kind: 'done'; readonly answer: WhatIfAnswer }
  /** The question makes no sense; nothing was read. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }
  /** The directory has no such user. */
  | { readonly kind: 'missing'; readonly userId: string };

/** Of a user who is `missing`, and how to ask all the same. */
export function noSuchUser(userId: string): string {
  return `the directory has no user ${userId}; with groups or roles given, nobody is looked up`;
}

/**
 * What a sign-in gets from the tenant as it is, as it should be, and as the current plan would leave it. Reads what a run
 * reads and writes nothing: no lease, no report, no kept facts, no binding. The verdicts on the plan are those a run would
 * give now.
 *
 * @throws Fault where the policies or the tables cannot be read
 */
export async function simulate(
  { tenantId, body }: SimulateRequest,
  world: Ports,
  limits: Limits,
): Promise<Simulation> {
  const read = readQuestion(body, limits.parameters);
  if (!read.ok)
    return { kind: 'invalid', problems: read.problems.map(({ path, message }) => `${path} ${message}`) };
  const { question } = read;
  const ports = withoutHands(world);

  const who = await recognise(question.signIn, ports);
  if (who.kind === 'missing') return who;
  const { parameters, protected: identities } = limits;
  const tables = stateOf(await readTables(ports), parameters, identities, ports.clock.now());
  const state = await withReferences(tables.state, ports, parameters, identities);
  const observation = await observeTenant(ports, state.bindings, limits.deadlineAt);
  const desired = leaveOn(state.desired, state.bindings, observation);
  const drifts = diff(desired, state.bindings, observation);
  const observed = observedSet(observation, state.bindings);
  const judged = await judge(plan(tenantId, drifts), observed, state, observation, ports, limits);
  const notDenied = judged.verdicts.filter(({ decision }) => decision !== 'deny').map(({ change }) => change);
  const sets = {
    observed,
    desired: desiredSet(desired, state.bindings),
    resulting: resultingSet(observed, notDenied),
  };
  const places = await placesFor(question, Object.values(sets).flat(), ports);
  const graphs = await graphsAnswer(question, ports);

  const answerOf = (entries: readonly PolicyEntry[], reading = question.reading) =>
    evaluate(compile(entries, locationsFor(reading, question, places.list)), who.signIn, reading);
  const compared = compareSets({
    observed: answerOf(sets.observed),
    desired: answerOf(sets.desired),
    resulting: answerOf(sets.resulting),
  });
  const shown = question.appliedPoliciesOnly ? appliedOnly : <T>(answer: T): T => answer;
  return {
    kind: 'done',
    answer: {
      asked: {
        signIn: who.signIn,
        reading: question.reading,
        displayName: who.displayName,
        isEmergencyAccount: isProtected(who.signIn.identity, identities),
      },
      ...compared,
      observed: shown(compared.observed),
      desired: shown(compared.desired),
      resulting: shown(compared.resulting),
      graph:
        graphs.results === null
          ? null
          : compareWithGraph(answerOf(sets.observed, 'asGraph').policies, graphs.results),
      changes: judged.verdicts.map(plannedChange),
      notes: unique([
        ...who.notes,
        ...stateNotes(state),
        ...observation.doubts.map((doubt) => `the list of policies may not be whole: ${doubt}`),
        ...drifts.flatMap(driftNotes),
        ...judged.notes,
        ...places.notes,
        ...addressNotes(who.signIn.location),
        ...graphs.notes,
      ]),
      requests: requestsOf(ports),
    },
  };
}

/** What two parts of the work could not read is said once. */
function unique(notes: readonly string[]): readonly string[] {
  return [...new Set(notes)];
}

function addressNotes(location: Location | undefined): readonly string[] {
  const text = location?.ipAddress;
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  if (address === undefined || isPublic(address)) return [];
  return [
    `Entra sees public addresses only, so no sign-in comes from ${text}; give the address the network has outside`,
  ];
}

/** A world to look at: what would be kept for later is not, and the named locations are asked for once. */
function withoutHands(ports: Ports): Ports {
  let places: ReturnType<Ports['policies']['namedLocations']> | undefined;
  return {
    ...ports,
    policies: {
      ...ports.policies,
      namedLocations() {
        places ??= ports.policies.namedLocations();
        return places;
      },
    },
    surroundings: { get: () => ports.surroundings.get(), put: async () => undefined },
  };
}

type Recognised =
  | {
      readonly kind: 'known';
      readonly signIn: SignIn;
      readonly displayName: string | null;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'missing'; readonly userId: string };

/** Given groups or roles, the person may be anybody and nobody is looked up. */
async function recognise(signIn: SignIn, { directory }: Ports): Promise<Recognised> {
  const { identity } = signIn;
  if (identity.kind === 'workload' || identity.groups !== undefined || identity.roles !== undefined)
    return { kind: 'known', signIn, displayName: null, notes: [] };
  const person = await directory.person(identity.id);
  if (person.kind === 'missing') return { kind: 'missing', userId: identity.id };
  return {
    kind: 'known',
    signIn: { ...signIn, identity: withFacts(identity, person) },
    displayName: person.kind === 'found' ? person.displayName : null,
    notes: personNotes(identity.id, person),
  };
}

function isProtected(identity: Identity, { users, groups }: ProtectedIdentities): boolean {
  if (identity.kind === 'workload') return false;
  const known = [...(identity.groups ?? []), ...(identity.groupsAtLeast ?? [])];
  return users.includes(identity.id) || known.some((id) => groups.includes(id));
}

/** What the question says of the person beats what the directory says. */
function withFacts(identity: UserIdentity, person: Exclude<PersonRead, { kind: 'missing' }>): UserIdentity {
  if (person.kind === 'unread') return identity;
  const { groups, roles, guestType, homeTenantId } = person.facts;
  // A member who is asked about as a guest of no kind that was said is none of the directory's.
  const isOther = identity.isGuest === true && guestType === null;
  return {
    ...(Array.isArray(groups) ? { groups } : {}),
    ...(typeof groups === 'object' && 'atLeast' in groups ? { groupsAtLeast: groups.atLeast } : {}),
    ...(roles === 'unknown' ? {} : { roles }),
    ...(guestType === 'unknown' || isOther ? {} : { guestType }),
    ...(homeTenantId === 'unknown' || isOther ? {} : { homeTenantId }),
    ...identity,
  };
}

function personNotes(id: string, person: Exclude<PersonRead, { kind: 'missing' }>): readonly string[] {
  if (person.kind === 'unread') return [`nothing could be read of user ${id}: ${person.reason}`];
  const unread = Object.entries(person.facts).flatMap(([name, value]) => (value === 'unknown' ? [name] : []));
  return unread.length === 0 ? [] : [`the directory does not say of user ${id}: ${unread.join(', ')}`];
}

/** The plan with its verdicts. A run would look around even without a plan; here nothing hangs on it then. */
async function judge(
  changes: readonly Change[],
  observed: readonly PolicyEntry[],
  state: State,
  observation: Observation,
  ports: Ports,
  limits: Limits,
): Promise<{ readonly verdicts: readonly Verdict[]; readonly notes: readonly string[] }> {
  if (changes.length === 0) return { verdicts: [], notes: [] };
  const outlook = {
    identities: limits.protected,
    allowedControls: limits.allowedControls,
    observed,
    changes,
    deadlineAt: limits.deadlineAt,
  };
  const { around, notes } = await lookAround(outlook, ports);
  const verdicts = guard({
    ...limits,
    now: ports.clock.now(),
    plan: changes,
    bindings: state.bindings,
    observation,
    around,
    approvals: state.approvals,
    freeze: await ports.control.frozen(),
  });
  return { verdicts, notes };
}

function plannedChange({ change, decision, findings }: Verdict): PlannedChange {
  const { key, action, digest } = change;
  const reasons = findings.filter((finding) => finding.decision !== 'note').map(({ detail }) => detail);
  return { key, action, digest, verdict: decision, reasons };
}

/** Where the named locations are: as given, or as read where a policy asks. */
async function placesFor(
  { namedLocations: given }: Question,
  entries: readonly PolicyEntry[],
  { policies }: Ports,
): Promise<{ readonly list: NamedLocations['list']; readonly notes: readonly string[] }> {
  if (given !== null || !entries.some(asksWhere)) return { list: given, notes: [] };
  try {
    return { list: locationsOf(await policies.namedLocations()).list, notes: [] };
  } catch (error) {
    return { list: null, notes: [`the named locations could not be read: ${asFault(error).message}`] };
  }
}

/** The service knows the old MFA settings' trusted addresses, and few tenants have any: as Graph answers there are none. */
function locationsFor(
  reading: Reading,
  { mfaTrustedRanges: given }: Question,
  list: NamedLocations['list'],
): NamedLocations {
  return { list, mfaTrustedRanges: given ?? (reading === 'asGraph' ? [] : null) };
}

/** Graph knows nothing of facts, so it may have answered for somebody else. */
async function graphsAnswer(
  { forGraph, hasFacts }: Question,
  { policies }: Ports,
): Promise<{ readonly results: readonly RawResult[] | null; readonly notes: readonly string[] }> {
  if (forGraph === null) return { results: null, notes: [] };
  const notes = hasFacts
    ? ['Graph’s own What If was asked about the directory and the places as they are, not as given here']
    : [];
  try {
    return { results: await policies.evaluate(forGraph), notes };
  } catch (error) {
    return { results: null, notes: [asFault(error).message] };
  }
}

function asksWhere({ policy }: PolicyEntry): boolean {
  return ['includeLocations', 'excludeLocations'].some((side) =>
    asSet(policy[`conditions.locations.${side}`]).some((place) => place !== 'All'),
  );
}

function stateNotes(state: State): readonly string[] {
  return [
    ...(state.isEmpty ? ['there is no desired state for this tenant: push some with `caretaker push`'] : []),
    ...tamperingOf(state).map(({ detail }) => detail),
  ];
}

/** Desired policies for which nothing can be planned, so that the resulting set has them as they are, or not at all. */
function driftNotes(drift: Drift): readonly string[] {
  switch (drift.kind) {
    case 'none':
    case 'modified':
    case 'missing':
      return [];
    case 'ambiguous':
      return [
        `"${drift.desired.key}": several policies carry its name (${drift.candidates.join(', ')}), so nothing is planned`,
      ];
    case 'hidden':
      return [
        `"${drift.desired.key}": Graph v1.0 does not show policy ${drift.id}; it may be in force and is in no set`,
      ];
    case 'unread':
      return [`"${drift.desired.key}": it could not be read (${drift.reason}), so nothing is planned`];
  }
}

function requestsOf(ports: Ports): Pick<RequestCounts, 'graph' | 'tables'> {
  const { graph, tables } = ports.requests();
  return { graph, tables };
}
