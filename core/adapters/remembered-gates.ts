// Answers a gate of a moment ago from the memory of the process: hundreds of submits and callbacks a second that each read
// it would use up the reads of the gate's partition, which the functions that grant its slots need. They ask for the gate as
// it is now: that is read each time, and remembered.
import type { Gate } from '../domain/gate/gate.ts';
import type { Clock, GateStore } from '../ports/ports.ts';

/** As old as a gate of a moment ago may be, beside what the table itself lags behind. */
const REMEMBERED_MS = 1_000;
/** A relay has one gate, or one for each class of models. */
const GATES_MAX = 8;

interface Memory {
  readonly readAt: number;
  readonly gate: Promise<Gate>;
  /** Once it is read. */
  known?: Gate;
}

/** Made once per process. */
export function rememberedGates(
  store: Pick<GateStore, 'loadGate'>,
  clock: Pick<Clock, 'now'>,
): Required<Pick<GateStore, 'loadGate' | 'recallGate'>> {
  const memories = new Map<string, Memory>();
  const read = (gateId: string, freshness: 'now' | 'a-moment-ago'): Promise<Gate> => {
    const memory: Memory = { readAt: clock.now(), gate: store.loadGate(gateId, freshness) };
    memories.delete(gateId);
    const [oldest] = memories.size >= GATES_MAX ? memories.keys() : [];
    if (oldest !== undefined) memories.delete(oldest);
    memories.set(gateId, memory);
    memory.gate.then(
      (known) => (memory.known = known),
      // What could not be read is not remembered: the next call reads again.
      () => {
        if (memories.get(gateId) === memory) memories.delete(gateId);
      },
    );
    return memory.gate;
  };
  const freshOf = (gateId: string): Memory | undefined => {
    const memory = memories.get(gateId);
    return memory && clock.now() - memory.readAt < REMEMBERED_MS ? memory : undefined;
  };
  return {
    loadGate: (gateId, freshness = 'now') => {
      const memory = freshness === 'now' ? undefined : freshOf(gateId);
      return memory?.gate ?? read(gateId, freshness);
    },
    recallGate: (gateId) => memories.get(gateId)?.known,
  };
}
