// In a rush another function grants the slots, and all that an arrival can do is to take a ticket. Where the process
// remembers a rush, its arrivals take theirs without a look at the gate: looks of thousands of arrivals a second would use up
// the reads of the gate's partition and of the turn's. After the commit they ask whose turn it is, as every arrival does.
import { isRushed } from '../domain/gate/gate.ts';
import { RelayError } from '../domain/relay-error.ts';
import { AllocatorTurn } from './allocator-turn.ts';
import { performEffects } from './perform-effects.ts';
import { planChanges } from './plan-changes.ts';
import { reportChange } from './report-change.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { Arrival, PlannedChange } from './plan-changes.ts';

/**
 * @returns false where nothing was done: no rush is remembered, or the tickets could not be taken together. The arrivals
 *   then ask the gate for slots.
 */
export async function takeTickets(ports: FlowPorts, gateId: string, arrivals: readonly Arrival[]): Promise<boolean> {
  const gate = ports.store.recallGate?.(gateId);
  if (!gate || !isRushed(gate, ports.clock.now())) return false;
  const { changes, failed } = planChanges(ports, [], new Map(), arrivals);
  const [first] = changes;
  if (!first || failed.length > 0 || !(await areTaken(ports, changes))) return false;
  for (const { change } of changes) reportChange(ports, change);
  // The holder of the turn looks once more after it has given the turn back, and finds the tickets then.
  if (await new AllocatorTurn(ports, gateId).isAnothers()) return true;
  await performEffects(ports, [{ type: 'allocate-slots', gateId }], first.change.after);
  return true;
}

async function areTaken({ store }: FlowPorts, planned: readonly PlannedChange[]): Promise<boolean> {
  try {
    const committed = await store.commit({ changes: planned.map(({ change }) => change), countsBeside: true });
    return committed.kind === 'committed';
  } catch (error) {
    if (error instanceof RelayError && error.code === 'store-contended') return false;
    throw error;
  }
}
