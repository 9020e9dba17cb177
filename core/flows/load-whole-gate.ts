// Reads a gate with its pools, for those who show or check its counts. A slot that moves between the gate's own row and a
// pool while both are read would be counted twice or not at all: then they are read again.
import { withPools } from '../domain/gate/slot-pools.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { SlotPool } from '../domain/gate/slot-pools.ts';
import type { GateStore } from '../ports/ports.ts';

const READS_MAX = 4;

export async function loadWholeGate(store: Pick<GateStore, 'loadGate' | 'loadPools'>, gateId: string): Promise<Gate> {
  let before = await store.loadPools(gateId);
  for (let reads = 1; ; reads += 1) {
    const gate = await store.loadGate(gateId);
    const pools = await store.loadPools(gateId);
    if (movesOf(pools) === movesOf(before) || reads === READS_MAX) return withPools(gate, pools);
    before = pools;
  }
}

/** Each pool's own number only grows. */
function movesOf(pools: readonly SlotPool[]): number {
  return pools.reduce((sum, { moves }) => sum + moves, 0);
}
