import type { Clock, Policy } from './model.ts';
import type { Random } from './random.ts';

/** One policy with what the service knows about it and does not show. */
export interface Entry {
  readonly policy: Policy;
  /** Made by Microsoft: only state and exclusions may change, and nobody may delete it (entra-docs, managed-policies). */
  readonly managed: boolean;
  /** Touched through beta: v1.0 refuses to show (1037) or change (1038) it and leaves it out of lists. */
  readonly preview: boolean;
}

/** How far reads trail writes. Changed at will, by `tenant.faults`. */
export interface Lag {
  /** Longest time in milliseconds until every replica has a write. */
  lagMs: number;
  /** Share of writes that lag at all, 0 to 1. */
  lagRate: number;
  /** With one, every read is stale until `lagMs` is over; with more, the first is always current and reads flip between them. */
  replicas: number;
}

interface Version {
  readonly entry: Entry | undefined;
  /** Per replica, when it begins to serve this version. */
  readonly visibleAt: readonly number[];
}

const deletedDays = 30;

/**
 * The tenant's policies: the truth, and what each replica has heard of it. A deleted policy stays for 30 days with
 * `deletedDateTime` set (Graph docs, policydeletableitem); being gone for good is a version without an entry.
 */
export class Store {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lag: Readonly<Lag>;
  readonly #versions = new Map<string, Version[]>();
  #ticks = 0;

  constructor(clock: Clock, random: Random, lag: Readonly<Lag>) {
    this.#clock = clock;
    this.#random = random;
    this.#lag = lag;
  }

  /** What is really there, deleted or not; `undefined` once gone for good. */
  truth(id: string): Entry | undefined {
    return this.#unexpired(this.#versions.get(id)?.at(-1)?.entry);
  }

  /** What one replica shows. */
  seen(id: string, replica: number): Entry | undefined {
    return this.#unexpired(this.#visible(this.#versions.get(id) ?? [], replica)?.entry);
  }

  allTrue(): Entry[] {
    return [...this.#versions.keys()].flatMap((id) => this.truth(id) ?? []);
  }

  allSeen(replica: number): Entry[] {
    return [...this.#versions.keys()].flatMap((id) => this.seen(id, replica) ?? []);
  }

  /** Which replica answers the next read. */
  anyReplica(): number {
    return this.#lag.replicas > 1 ? this.#random.below(this.#lag.replicas) : 0;
  }

  write(id: string, entry: Entry | undefined): void {
    const versions = this.#versions.get(id) ?? [];
    const oldestNeeded = versions.findLastIndex(
      (version) => Math.max(...version.visibleAt) <= this.#clock.now(),
    );
    const kept = versions.slice(Math.max(oldestNeeded, 0));
    this.#versions.set(id, [...kept, { entry, visibleAt: this.#visibleAt() }]);
  }

  /** Lets every replica hear of everything at once. */
  settle(): void {
    for (const [id, versions] of this.#versions) {
      const entry = versions.at(-1)?.entry;
      this.#versions.set(id, [{ entry, visibleAt: [Number.NEGATIVE_INFINITY] }]);
    }
  }

  /** Now, as Graph writes it: up to seven digits of a second, trailing zeros cut. No two are equal. */
  timestamp(): string {
    this.#ticks = (this.#ticks + 1) % 10_000;
    const iso = new Date(this.#clock.now()).toISOString().slice(0, -1);
    return `${iso}${String(this.#ticks).padStart(4, '0')}`.replace(/\.?0+$/, '').concat('Z');
  }

  #visible(versions: readonly Version[], replica: number): Version | undefined {
    const now = this.#clock.now();
    return versions.findLast(({ visibleAt }) => (visibleAt[replica % visibleAt.length] ?? 0) <= now);
  }

  #visibleAt(): number[] {
    const { lagMs, lagRate, replicas } = this.#lag;
    const now = this.#clock.now();
    if (lagMs === 0 || !this.#random.chance(lagRate)) return [now];
    if (replicas <= 1) return [now + lagMs];
    const between = Array.from({ length: replicas - 2 }, () => now + this.#random.next() * lagMs);
    return [now, ...between, now + lagMs];
  }

  #unexpired(entry: Entry | undefined): Entry | undefined {
    const deleted = entry?.policy.deletedDateTime;
    if (!deleted) return entry;
    return Date.parse(deleted) + deletedDays * 86_400_000 > this.#clock.now() ? entry : undefined;
  }
}
