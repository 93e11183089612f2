import type { PolicyKey } from '../policy/model.ts';

/** A range of row keys: `from` <= key < `to`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** Milliseconds since 1970 have 13 digits until the year 2286. */
const MS_DIGITS = 13;
const MS_MAX = 9_999_999_999_999;
const VERSION_DIGITS = 10;

/** A run ends within minutes; an operator's own may take longer. Nothing of a run is written later than this. */
const RUN_MS_MAX = 6 * 3_600_000;
/** How far a clock may be put back while a run is on. */
const CLOCK_BACK_MS = 60_000;

const RUN_ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z-[0-9a-f]{8}$/;

/**
 * Name of a run: when it began (UTC, to the millisecond) and eight hex digits of chance, such as
 * `20261124T082413123Z-7f3a9c01`. It says itself where its rows are.
 */
export function newRunId(nowMs: number, uuid: string): string {
  return `${new Date(nowMs).toISOString().replace(/[-:.]/g, '')}-${uuid.slice(0, 8).toLowerCase()}`;
}

/** The inverse of `newRunId`. @returns milliseconds since 1970, or undefined when this names no run */
export function runStartMs(runId: string): number | undefined {
  const parts = RUN_ID.exec(runId)?.slice(1);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second, ms] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return isMs(startMs) ? startMs : undefined;
}

/** Heads and versions of the desired state. `}` is the character after `|`, so it ends a range of whole segments. */
export const desiredKeys = {
  head: (key: PolicyKey): string => `head|${key}`,
  version: (key: PolicyKey, version: number): string =>
    `version|${key}|${String(version).padStart(VERSION_DIGITS, '0')}`,
  heads: { from: 'head|', to: 'head}' } satisfies KeyRange,
  versionsOf: (key: PolicyKey): KeyRange => ({ from: `version|${key}|`, to: `version|${key}}` }),
  /** The policy key in a head's row key. */
  ofHead: (rowKey: string): PolicyKey => rowKey.slice('head|'.length),
} as const;

/** Runs are kept newest first, because that is how they are asked for. */
export const runKeys = {
  /** @returns undefined when this names no run */
  run: (runId: string): string | undefined => {
    const startMs = runStartMs(runId);
    return startMs === undefined ? undefined : `${digits(MS_MAX - startMs)}-${runId}`;
  },
  all: { from: '0', to: ':' } satisfies KeyRange,
  before: (ms: number): KeyRange => ({ from: `${digits(MS_MAX - ms)}.`, to: ':' }),
} as const;

/** The journal is kept in the order of writing. */
export const journalKeys = {
  entry: (atMs: number, runId: string, sequence: number): string =>
    `${digits(atMs)}-${runId}-${String(sequence).padStart(6, '0')}`,
  /** Where all entries of a run must be. @returns undefined when this names no run */
  ofRun: (runId: string): KeyRange | undefined => {
    const startMs = runStartMs(runId);
    if (startMs === undefined) return undefined;
    return { from: digits(startMs - CLOCK_BACK_MS), to: digits(startMs + RUN_MS_MAX) };
  },
  before: (ms: number): KeyRange => ({ from: '0', to: digits(ms) }),
} as const;

/** In the table `control`, before the rows that are read right before each write. */
export const approvalKeys = {
  change: (digest: string): string => `approval|change|${digest}`,
  version: (key: PolicyKey): string => `approval|version|${key}`,
  waiting: 'approval|waiting',
  all: { from: 'approval|', to: 'approval}' } satisfies KeyRange,
} as const;

export const controlKeys = {
  lease: 'lease',
  freeze: 'freeze',
  /** Outside of `all`: it is large, and asked for apart. */
  surroundings: 'surroundings',
  all: { from: 'freeze', to: 'leasf' } satisfies KeyRange,
} as const;

export const bindingKeys = { all: { from: '!', to: '~' } satisfies KeyRange } as const;

function digits(ms: number): string {
  return String(Math.min(Math.max(ms, 0), MS_MAX)).padStart(MS_DIGITS, '0');
}

function isMs(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms <= MS_MAX;
}
