// Counts the tasks that hold a slot of a gate and compares them with the gate's own counts, which are right by
// construction: a difference is a bug of the relay, or a person edited the table. The sweep looks for one each hour; an
// operator lets the counts be corrected, while no other function grants slots.
import { RelayError } from '../domain/relay-error.ts';
import { SECOND_MS } from '../domain/time-ms.ts';
import { heldSlots, slotDifferences } from '../domain/gate/slot-recount.ts';
import { loadSoundGate } from './load-whole-gate.ts';
import { allocateSlots } from './allocate-slots.ts';
import { AllocatorTurn } from './allocator-turn.ts';
import type { SlotDifference } from '../domain/gate/slot-recount.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { Slot } from '../domain/task/slot.ts';
import type { DamagedTaskStore, DueIndex } from '../ports/ports.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

interface RecountPorts extends FlowPorts {
  readonly due: Pick<DueIndex, 'shards' | 'listDue'> & Pick<DamagedTaskStore, 'loadDamaged'>;
}

interface SlotRecount {
  /** Tasks that hold a slot. */
  readonly held: number;
  readonly differences: readonly SlotDifference[];
}

/** Entries of the index read at once, and rows of tasks. */
const PAGE_ROWS = 1_000;
const BATCH_ROWS = 100;
/** Rows of the table come into its index a moment later; a difference that is real is there longer. */
const LOOK_AGAIN_MS = 3_000;
/** For so long no other function grants slots while counts are being corrected. */
const REPAIR_LEASE_MS = 30 * SECOND_MS;

/** @returns undefined when the time ran out, or slots moved between the gate and its pools in every read. What is reported was there twice, some seconds apart. */
export async function recountSlots(
  ports: RecountPorts,
  gateId: string,
  stopAt: number,
): Promise<SlotRecount | undefined> {
  const first = await countOnce(ports, gateId, stopAt);
  if (!first || first.differences.length === 0) return first;
  await ports.clock.sleep(LOOK_AGAIN_MS);
  const second = await countOnce(ports, gateId, stopAt);
  return second && { ...second, differences: second.differences.flatMap((one) => confirmed(one, first.differences)) };
}

/** The smaller of two sightings. */
function confirmed(seen: SlotDifference, earlier: readonly SlotDifference[]): readonly SlotDifference[] {
  const known = earlier.find(({ name }) => name === seen.name)?.amount ?? 0;
  if (Math.sign(known) !== Math.sign(seen.amount)) return [];
  return [Math.abs(known) < Math.abs(seen.amount) ? { ...seen, amount: known } : seen];
}

interface Counted extends SlotRecount {
  readonly gate: Gate;
}

async function countOnce(ports: RecountPorts, gateId: string, stopAt: number): Promise<Counted | undefined> {
  const before = await loadSoundGate(ports.store, gateId);
  const shards = Array.from({ length: ports.due.shards }, (_, shard) => slotsOfShard(ports, gateId, shard, stopAt));
  const slots: Slot[] = [];
  for (const ofShard of await Promise.all(shards)) {
    if (!ofShard) return undefined;
    slots.push(...ofShard);
  }
  const gate = await loadSoundGate(ports.store, gateId);
  if (!before || !gate) return undefined;
  const held = heldSlots(slots);
  return { gate, held: held.inFlight, differences: slotDifferences(before, gate, held) };
}

/** Every task that holds a slot is due at some time. */
async function slotsOfShard(
  { due, store, clock }: RecountPorts,
  gateId: string,
  shard: number,
  stopAt: number,
): Promise<readonly Slot[] | undefined> {
  const slots = new Map<string, Slot>();
  let cursor: string | undefined;
  do {
    const page = await due.listDue(shard, PAGE_ROWS, cursor);
    const ids = page.rows.flatMap(({ kind, id }) => (kind === 'task' ? [id] : []));
    for (let from = 0; from < ids.length; from += BATCH_ROWS) {
      if (clock.now() >= stopAt) return undefined;
      const wanted = ids.slice(from, from + BATCH_ROWS);
      const tasks = new Map((await store.loadTasks(wanted)).map((task) => [task.id, task]));
      for (const id of wanted) {
        // The gate counts the slot of a damaged row until an operator closes it.
        const task = tasks.get(id) ?? (await due.loadDamaged(id))?.stored;
        if (task?.slot && task.gateId === gateId) slots.set(id, task.slot);
      }
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...slots.values()];
}

/**
 * Corrects the gate's counts by what was counted.
 * @throws RelayError `store-contended` when slots are being granted, or the tasks are too many to be counted meanwhile.
 */
export async function repairSlots(ports: RecountPorts, gateId: string): Promise<SlotRecount> {
  const busy = (text: string): Error => new RelayError('store-contended', text, { gateId });
  const turn = new AllocatorTurn(ports, gateId, REPAIR_LEASE_MS);
  if (!(await turn.take())) throw busy('Slots of the gate are being granted just now; try again');
  try {
    const stopAt = ports.clock.now() + REPAIR_LEASE_MS / 2;
    const found = await recountSlots(ports, gateId, stopAt);
    if (!found)
      throw busy('The tasks are too many to be counted while no slot is granted; pause the gate and try again');
    if (found.differences.length > 0) {
      const before = await ports.store.loadGate(gateId);
      const correction = Object.fromEntries(found.differences.map(({ name, amount }) => [name, -amount]));
      const { kind } = await ports.store.commit({ changes: [], gate: { before, after: before, correction } });
      if (kind !== 'committed') throw busy('The gate changed while its slots were counted; try again');
    }
    return found;
  } finally {
    await turn.end();
    await allocateSlots(ports, gateId, {});
  }
}
