import type { FieldPath, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';

/** How often one field of a policy was put back lately. Kept on the binding, because flapping shows only over runs. */
export interface PutBack {
  /** '' stands for a policy that was missing as a whole. */
  readonly field: FieldPath;
  /** Milliseconds since 1970, oldest first; as many as count. */
  readonly times: readonly number[];
  readonly isFlapping: boolean;
}

/** A create or restore that was sent and has not been seen whole yet. Kept on the binding, because it must last. */
export interface Pending {
  readonly action: 'create' | 'restore';
  readonly intentId: string;
  readonly displayName: string;
  /** Milliseconds since 1970 at which the intent was written, just before sending. */
  readonly at: number;
}

/** A version that settled here. */
export interface Proven {
  readonly version: number;
  readonly hash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Objects that were left as they are, because they carry what nobody can read; none unless said. */
  readonly withheld?: readonly string[];
}

/** Desired key ↔ object id, and what must outlive the 90 days of the journal. */
export interface Binding {
  readonly key: PolicyKey;
  /** null while the first create is pending. */
  readonly id: PolicyId | null;
  /** How the binding came about. */
  readonly origin: 'created' | 'restored' | 'adopted';
  /** Milliseconds since 1970 of the create, restore or adoption; a fresh create may be invisible for a while. */
  readonly boundAt: number;
  /** Newest version that once settled here; null when none did. */
  readonly proven: Proven | null;
  /** Highest version ever seen for this key; a lower head is tampering. */
  readonly highestVersion: number;
  readonly pending: Pending | null;
  /** What the service said when it refused to let us change an adoption candidate. */
  readonly refusal: { readonly id: PolicyId; readonly reason: string; readonly at: number } | null;
  /** The policy as it was adopted, until a version is proven: what the first version is compared with. */
  readonly adopted?: RawPolicy | null;
  readonly putBack?: readonly PutBack[];
  /** Milliseconds since 1970 from which a contingency policy was seen switched on; null while it is off. */
  readonly onSince?: number | null;
}

interface EntryBase {
  readonly runId: string;
  readonly fence: number;
  readonly key: PolicyKey;
  /** Names one write; sent to Graph as `client-request-id`. */
  readonly intentId: string;
  readonly digest: string;
}

/** What is written down, before and after every write to the tenant. */
export type NewJournalEntry =
  | (EntryBase & {
      readonly kind: 'intent';
      readonly action: 'create' | 'update' | 'restore' | 'adopt';
      readonly id: PolicyId | null;
      /** The object as it was read right before; null when there was none. */
      readonly preImage: RawPolicy | null;
      /** Exactly what is about to be sent; null for a restore or an adoption that sends nothing. */
      readonly body: RawPolicy | null;
      readonly desiredVersion: number;
    })
  | (EntryBase & {
      readonly kind: 'outcome';
      readonly status: 'applied' | 'stale' | 'rejected' | 'indeterminate';
      readonly id: PolicyId | null;
      readonly reason: string | null;
    })
  | (EntryBase & { readonly kind: 'settled'; readonly settled: boolean; readonly reason: string | null })
  | (EntryBase & {
      /** Given outside of any run: `runId` and `intentId` name the act itself. */
      readonly kind: 'approval';
      readonly by: { readonly id: string; readonly name: string };
      readonly reason: string;
      readonly rules: readonly string[];
      readonly version: number;
    });

export type JournalEntry = NewJournalEntry & {
  /** Milliseconds since 1970 at which the store wrote it. */
  readonly at: number;
};
