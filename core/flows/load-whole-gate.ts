// Reads a gate with its pools, for those who show or check its counts. A slot that moves between the gate's own row and a
// pool while both are read would be counted twice or not at all: then they are read again.
import { mayHavePooled, withPools } from '../domain/gate/slot-pools.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { SlotPool } from '../domain/gate/slot-pools.ts';
import type { GateStore } from '../ports/ports.ts';

const READS_MAX = 8;

type Store = Pick<GateStore, 'loadGate' | 'loadPools'>;

interface Counted {
  readonly gate: Gate;
  /** False where slots moved in every read: then counts may be off by a few. */
  readonly isSound: boolean;
}

/** For display. */
export async function loadWholeGate(store: Store, gateId: string): Promise<Gate> {
  return (await loadCounted(store, gateId)).gate;
}

/** For checks. @returns undefined where slots moved in every read. */
export async function loadSoundGate(store: Store, gateId: string): Promise<Gate | undefined> {
  const { gate, isSound } = await loadCounted(store, gateId);
  return isSound ? gate : undefined;
}

async function loadCounted(store: Store, gateId: string): Promise<Counted> {
  const first = await store.loadGate(gateId);
  // Its pools were never filled: what is filled from now on is as if it came after this read.
  if (!mayHavePooled(first)) return { gate: first, isSound: true };
  let before = await store.loadPools(gateId);
  for (let reads = 1; ; reads += 1) {
    const gate = await store.loadGate(gateId);
    const pools = await store.loadPools(gateId);
    const isSound = movesOf(pools) === movesOf(before);
    if (isSound || reads === READS_MAX) return { gate: withPools(gate, pools), isSound };
    before = pools;
  }
}

/** Each pool's own number only grows. */
function movesOf(pools: readonly SlotPool[]): number {
  return pools.reduce((sum, { moves }) => sum + moves, 0);
}
