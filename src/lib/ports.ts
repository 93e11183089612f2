import type { Approval, ApprovalsRead, ApprovedVersion, Waiting } from './approval.ts';
import type { ProtectedIdentities } from './desired.ts';
import type { Fault } from './fault.ts';
import type { Binding, JournalEntry, NewJournalEntry } from './journal.ts';
import type { PolicyId, PolicyKey, RawPolicy, TenantId } from './policy/model.ts';
import type { ProtectedRead } from './protected.ts';
import type { RequestCounts, RunReport, RunSummary } from './report.ts';
import type { Signer } from './signature.ts';
import type { TelemetryEvent } from './telemetry/events.ts';
import type { RawResult } from './whatif/besideGraph.ts';
import type { ProtectedFacts } from './whatif/proof.ts';

/** Time as the engine sees it. Only adapters know the real one. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after `ms`; rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `action` every `ms` until the returned function is called. Used by the lease's own renewal alone. */
  every(ms: number, action: () => void): () => void;
}

/** Chance as the engine sees it. */
export interface Chance {
  /** A GUID: run ids, intent ids, client-request-ids. */
  uuid(): string;
}

/** A named location as Graph spells it. */
export type RawLocation = Readonly<Record<string, unknown>>;

/** What asking for one policy by id gave. Doubt is not here: it is thrown as a `Fault`. */
export type PolicyRead =
  | { readonly kind: 'found'; readonly raw: RawPolicy }
  | { readonly kind: 'missing' }
  /** Code 1037: it exists, and v1.0 refuses to show it. Never a reason to create a twin. */
  | { readonly kind: 'hidden' };

/** What asking for a soft-deleted policy gave. */
export type DeletedRead =
  | { readonly kind: 'found'; readonly raw: RawPolicy }
  | { readonly kind: 'missing' }
  /** This cloud, tenant or permission set does not offer deletedItems (400, 403, 405, 501). */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** The whole list, as far as it can be believed. */
export interface PolicyList {
  readonly policies: readonly RawPolicy[];
  /** Why the list may not be all there is (an id listed twice, an item without an id …); empty when nothing is odd. */
  readonly doubts: readonly string[];
}

/**
 * Conditional Access policies of one tenant, v1.0 only. Every method waits its turn (pacing), retries what is certain
 * not to have happened, and throws a `Fault` for all else; a list is whole or it is a `Fault`.
 */
export interface PolicyApi {
  list(): Promise<PolicyList>;
  read(id: PolicyId): Promise<PolicyRead>;
  readDeleted(id: PolicyId): Promise<DeletedRead>;
  /** The tenant's named locations as Graph gives them, all of them. */
  namedLocations(deadlineAt?: number): Promise<readonly RawLocation[]>;
  /** Graph's own What If on the tenant as it is: a read, whatever its method. @param question Graph's request body */
  evaluate(question: Readonly<Record<string, unknown>>): Promise<readonly RawResult[]>;
  /**
   * @param intentId sent as `client-request-id`, so that Entra's audit record of the write names our journal entry
   * @returns the policy as the service answered, with its id
   * @throws Fault `indeterminate` when it may have happened
   */
  create(body: RawPolicy, intentId: string, mayLeave?: MayLeave): Promise<RawPolicy>;
  /** @throws Fault `missing` when the policy is gone; `indeterminate` when it may have happened */
  update(id: PolicyId, body: RawPolicy, intentId: string, mayLeave?: MayLeave): Promise<void>;
  /** Brings a soft-deleted policy back with its own id, exactly as it was deleted. */
  restore(id: PolicyId, intentId: string, mayLeave?: MayLeave): Promise<void>;
}

/**
 * Asked right before each attempt at a write leaves, when all waiting (pacing, back-off) is over. What it throws is
 * thrown by the write, and nothing has left.
 */
export type MayLeave = () => Promise<void>;

/** One person, as far as the directory tells. */
export type PersonRead =
  /** The name is for people who read an answer alone: it belongs in no log. */
  | { readonly kind: 'found'; readonly facts: ProtectedFacts; readonly displayName: string | null }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unread'; readonly reason: string };

/** Ids of users and groups. */
export interface DirectoryIds {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Those the directory certainly does not have. */
export interface AbsentRead extends DirectoryIds {
  /** Why others could not be looked up, in words; empty when all were. */
  readonly untold: readonly string[];
}

/** What the directory calls some users and groups. */
export interface NamesRead {
  /** By id, lower case. Whoever has no name, or is not there, is not here. */
  readonly names: ReadonlyMap<string, string>;
  /** Why others could not be looked up, in words; empty when all were. */
  readonly untold: readonly string[];
}

/** A subscription of the tenant as Graph spells it (`subscribedSku`). */
export type RawLicence = Readonly<Record<string, unknown>>;

/** What the tenant holds beside its policies. Only reads. What cannot be read of people is unknown and never thrown, since it must not stop a repair. */
export interface Directory {
  /** The same, for as long as an answer is worth waiting for. @param deadlineAt milliseconds since 1970 */
  until(deadlineAt: number): Directory;
  /** Two requests for up to twenty identities and twenty people. */
  protected(identities: ProtectedIdentities): Promise<ProtectedRead>;
  person(userId: string): Promise<PersonRead>;
  /** One request for up to three hundred ids of one kind, none for no id. Who was deleted and can be restored is absent too. */
  absent(ids: DirectoryIds): Promise<AbsentRead>;
  /** Display names, for people to read: never compared, never part of what is desired. As many requests as `absent`. */
  names(ids: DirectoryIds): Promise<NamesRead>;
  /**
   * Whether security defaults are on. One request, outside the budget of the policies.
   *
   * @throws Fault when it cannot be told
   */
  securityDefaults(): Promise<boolean>;
  /**
   * What the tenant has subscribed to. One request a page, outside the budget of the policies; no run asks for it.
   *
   * @throws Fault when it cannot be told
   */
  licences(): Promise<readonly RawLicence[]>;
}

/** What an access token says of whom it was given to, as far as it says so. */
export interface TokenClaims {
  readonly tenantId: string | null;
  /** Application permissions, by name. */
  readonly roles: readonly string[];
  /** Milliseconds since 1970. */
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
}

/** A service's clock beside ours, from one answer of it. All in milliseconds since 1970. */
export interface ServiceTime {
  /** Its header `Date`, which is cut off to the second. */
  readonly saidAt: number;
  /** When, by our clock, the request left and its answer came. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** What we may do with one table; null: it was allowed. */
export interface TableAccess {
  readonly table: string;
  /** Host and path of the endpoint. */
  readonly account: string;
  readonly read: Fault | null;
  readonly write: Fault | null;
}

/** What only an examination of the deployment asks. Nothing of it changes anything. */
export interface Probes {
  /** @returns undefined for a token that cannot be looked into. @throws Fault when there is none */
  token(): Promise<TokenClaims | undefined>;
  tables(): Promise<readonly TableAccess[]>;
  /** By the last answer of each service; undefined where there was none, or it gave no time. */
  serviceTimes(): {
    readonly graph: ServiceTime | undefined;
    readonly tables: ServiceTime | undefined;
  };
}

/** What was last read of the world around the policies, kept so that a quiet run need not ask again. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly readAt: number;
  /** The settings it was read for. */
  readonly identities: ProtectedIdentities;
  readonly protected: ProtectedRead;
  /** Names the set of policies it was read beside: what mattered then may not be all that matters now. */
  readonly beside: string;
  /** Those that a policy looks at; null: not read. */
  readonly namedLocations: readonly RawLocation[] | null;
}

export interface SurroundingsStore {
  /** @returns undefined when there is nothing, or nothing that can be believed */
  get(): Promise<Surroundings | undefined>;
  put(surroundings: Surroundings): Promise<void>;
}

/** One version of one desired policy, as stored. `content` is the text of the row after its hash was checked. */
export interface DesiredVersion {
  readonly key: PolicyKey;
  readonly version: number;
  /** The file's JSON text, `caretaker` member included, parameters unresolved. */
  readonly content: string;
  /** SHA-256 over tenant, key, version, previous hash, content and all the rest of this row; lower-case hex. */
  readonly hash: string;
  readonly previousHash: string | null;
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly pushedAt: string;
  readonly message: string;
  /** `false` when `caretaker forget` released the key in this version. */
  readonly active: boolean;
  /** Who vouches for all of the above, and the signature itself, base64url; null when nobody does. */
  readonly signed: { readonly signer: string; readonly signature: string } | null;
}

/** A desired row that cannot be believed: cut off, hash wrong, unreadable. The key may be known from the row's name. */
export interface DamagedRow {
  readonly key: PolicyKey;
  readonly problem: string;
  /** Number of a version that is whole, and that nobody known has signed or built on. */
  readonly doubted?: number;
}

export interface DesiredRead {
  readonly versions: readonly DesiredVersion[];
  readonly damaged: readonly DamagedRow[];
}

/**
 * The desired state of one tenant. Operators write it; a run reads heads, and history where a head is new. Where signers
 * are known, `heads` and `version` believe only what one of them has signed.
 */
export interface DesiredState {
  /** Every key's newest version, whole. One query, whatever the history. @throws Fault `config` when the table is missing */
  heads(): Promise<DesiredRead>;
  /**
   * Appends one version per item, all or (per key) nothing.
   *
   * @param signer vouches for each of them; null leaves them unsigned
   * @throws Fault `rejected` when a base has moved
   */
  push(items: readonly DesiredPush[], signer?: Signer | null): Promise<readonly DesiredVersion[]>;
  /** One version of a key; undefined when there is none that can be believed. One request. */
  version(key: PolicyKey, version: number): Promise<DesiredVersion | undefined>;
  /**
   * Every stored version of one key whose hash fits, newest first. Rows that cannot be believed, gaps in the chain, and
   * versions that nobody known has signed or built on are `damaged`, the last of these beside being listed. One request a
   * thousand rows.
   */
  history(key: PolicyKey): Promise<DesiredRead>;
}

export interface DesiredPush {
  readonly key: PolicyKey;
  readonly content: string;
  readonly active: boolean;
  readonly author: string;
  readonly message: string;
  readonly pushedAt: string;
  /** Hash of the version this one was made on; null for a new key. */
  readonly baseHash: string | null;
  /** Links before the base are missing: this version is made on none, and begins a chain of its own. */
  readonly beginsChain?: boolean;
  /** The highest number a run has seen: none up to it is given away again, even where its row is gone. */
  readonly above?: number;
}

/** Every binding that can be read, and the keys of those that cannot. */
export interface BindingsRead {
  readonly bindings: readonly Binding[];
  /** Keys that are bound to something, nobody can tell to what: neither absent nor free for adoption. */
  readonly damaged: readonly DamagedRow[];
}

/** Which desired key stands for which object, and what must outlive the journal. */
export interface Bindings {
  /** Every binding, in one query whatever the history. */
  all(): Promise<BindingsRead>;
  put(binding: Binding): Promise<void>;
}

/** Append-only record of intents and outcomes. */
export interface Journal {
  append(entry: NewJournalEntry): Promise<void>;
  /** Entries of one run in the order they were written. */
  ofRun(runId: string): Promise<readonly JournalEntry[]>;
  /** Deletes at most one batch of entries older than the cut-off. One query, at most one batch. */
  prune(before: number): Promise<void>;
}

export interface Runs {
  put(report: RunReport): Promise<void>;
  get(runId: string): Promise<RunReport | undefined>;
  /** Newest first. */
  latest(top: number): Promise<readonly RunSummary[]>;
  prune(before: number): Promise<void>;
}

/** What waits for a person, and what people have said to it. */
export interface Approvals {
  /** Everything, in one query. An approval that cannot be read counts as not given. */
  read(): Promise<ApprovalsRead>;
  /** @param version also approved for good; null when no version was in question */
  give(approval: Approval, version: ApprovedVersion | null): Promise<void>;
  /** Marks an approval as used by an intent, or as good again (null). */
  mark(approval: Approval, usedBy: string | null): Promise<void>;
  remove(digest: string): Promise<void>;
  putWaiting(waiting: readonly Waiting[]): Promise<void>;
}

export interface Freeze {
  readonly reason: string;
  readonly by: string;
  readonly since: string;
  /** ISO 8601, UTC; null = until somebody unfreezes. */
  readonly until: string | null;
}

/** Proof of holding the tenant's lease. `fence` grows with every owner and goes into every row written under it. */
export interface Lease {
  readonly owner: string;
  readonly fence: number;
}

export type LeaseAnswer =
  | { readonly kind: 'held'; readonly lease: Lease; readonly freeze: Freeze | null }
  | { readonly kind: 'busy'; readonly owner: string; readonly freeMs: number };

/** Ownership and freeze, read together in one request right before a write. */
export interface Standing {
  readonly owned: boolean;
  readonly freeze: Freeze | null;
}

/** The tenant's control rows: one lease, one freeze switch. */
export interface Control {
  acquire(owner: string): Promise<LeaseAnswer>;
  /** Prolongs the lease. @returns false when somebody else holds it by now */
  renew(lease: Lease): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  standing(lease: Lease): Promise<Standing>;
  /** The freeze in force, for showing it; null when there is none. */
  frozen(): Promise<Freeze | null>;
  freeze(freeze: Freeze | null): Promise<void>;
}

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}

/** Everything one run of one tenant may touch. */
export interface Ports {
  readonly policies: PolicyApi;
  readonly directory: Directory;
  readonly desired: DesiredState;
  readonly bindings: Bindings;
  readonly journal: Journal;
  readonly runs: Runs;
  readonly control: Control;
  readonly approvals: Approvals;
  readonly surroundings: SurroundingsStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly chance: Chance;
  requests(): RequestCounts;
}

/** Opens the world for one tenant. No await inside started at or after `deadlineAt` (ms since 1970) goes on past it for long. */
export type OpenPorts = (tenant: TenantId, deadlineAt: number) => Ports;
