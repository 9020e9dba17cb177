// What a conformance suite needs of a store: a fresh, empty one for each test, on a clock and a random source of its own.
// Each place makes its own, in memory or in a database.
import { afterAll, beforeAll } from 'vitest';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { FixedRandomSource } from '../../support/memory/fixed-random-source.ts';
import { SteppedClock } from '../../support/memory/stepped-clock.ts';
import { START_TIME } from './stored-task.ts';
import type { Store } from '../../../core/adapters/dynamodb/dynamo-store.ts';
import type { RandomSource } from '../../../core/ports/ports.ts';
import type { GateSettings } from '../../../core/domain/gate/gate-settings.ts';

export interface StoreWorld {
  readonly clock: SteppedClock;
  readonly randomSource: RandomSource;
  readonly settings: GateSettings;
}

/** A place where stores can be made: memory, an emulator, a database. */
export interface StorePlace {
  /** An empty store; called once a test. */
  open(world: StoreWorld): Promise<Store>;
  /** A second store over the same data, with other settings. */
  reopen(world: StoreWorld): Promise<Store>;
  close?(): Promise<void>;
}

export interface StoreUnderTest {
  /** Opens an empty store; its time is START_TIME. */
  open(settings?: Partial<GateSettings>): Promise<{ store: Store; clock: SteppedClock }>;
  reopen(settings: Partial<GateSettings>): Promise<Store>;
}

let seed = 0;

function worldWith(settings: Partial<GateSettings>): StoreWorld {
  const clock = new SteppedClock(START_TIME);
  seed += 1;
  return {
    clock,
    randomSource: new FixedRandomSource(seed, clock),
    settings: { ...defaultSettings.gate, ...settings },
  };
}

/** Registers the hooks that prepare and close the place; to be called inside a describe. */
export function storeUnderTest(prepare: () => Promise<StorePlace>): StoreUnderTest {
  let place: StorePlace | undefined;
  beforeAll(async () => {
    place = await prepare();
  });
  afterAll(async () => {
    await place?.close?.();
  });
  const ready = (): StorePlace => {
    if (!place) throw new Error('the place of the store is not ready');
    return place;
  };
  return {
    open: async (settings = {}) => {
      const world = worldWith(settings);
      return { store: await ready().open(world), clock: world.clock };
    },
    reopen: (settings) => ready().reopen(worldWith(settings)),
  };
}
