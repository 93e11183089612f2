import type { Tenant } from '../../sandbox/tenant/index.ts';
import type { MemoryStorage } from '../support/memoryStorage.ts';
import type { VirtualClock } from '../support/virtualClock.ts';
import { TENANT } from '../support/world.ts';
import type { Dice } from './dice.ts';
import type { Hands } from './hands.ts';
import type { Order, Perils, RunRecord } from './machine.ts';
import type { Operator } from './operator.ts';

/** One world on its way. */
export interface Stage {
  readonly chance: Dice;
  readonly clock: VirtualClock;
  readonly tenant: Tenant;
  readonly storage: MemoryStorage;
  readonly people: Hands;
  readonly owner: Operator;
  readonly runs: RunRecord[];
  readonly changesMax: number;
  start(perils: Perils, order?: Partial<Order>): Promise<void>;
  tell(line: string): void;
}

export const PEACE: Perils = { at: () => 'goesOn', table: () => {}, token: () => {} };

export function open(storage: MemoryStorage): ReturnType<MemoryStorage['open']> {
  return storage.open(TENANT, Number.POSITIVE_INFINITY);
}
