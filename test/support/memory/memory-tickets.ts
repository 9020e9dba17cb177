// The tickets of the store in memory: a queue for each gate, account, model and kind, in the order of the table's keys.
// memory-store.ts moves a task's ticket with each of its changes.
import { ticketOrder } from '../../../core/contract/items.ts';
import { formatQueueKey } from '../../../core/domain/task/slot.ts';
import { queueKeyOf } from '../../../core/domain/task/task.ts';
import { SortedRows } from './sorted-rows.ts';
import type { Candidate } from '../../../core/domain/gate/fair-queue.ts';
import type { QueueKey } from '../../../core/domain/task/slot.ts';
import type { Task } from '../../../core/domain/task/task.ts';

export class MemoryTickets {
  readonly #queues = new Map<string, SortedRows<Candidate>>();

  head(gateId: string, queue: QueueKey, limit: number): readonly Candidate[] {
    return this.#queues.get(nameOf(gateId, queue))?.head(limit) ?? [];
  }

  move(before: Task | undefined, after: Task): void {
    const [old, fresh] = [before && queueKeyOf(before), queueKeyOf(after)];
    if (before?.ticket && old) {
      const key = `${ticketOrder(before.ticket.order)}#${before.id}`;
      this.#queues.get(nameOf(before.gateId, old))?.delete(key);
    }
    if (!after.ticket || !fresh) return;
    const { order } = after.ticket;
    const candidate: Candidate = { ...fresh, taskId: after.id, order, weight: after.weight };
    const name = nameOf(after.gateId, fresh);
    const rows = this.#queues.get(name) ?? new SortedRows<Candidate>();
    this.#queues.set(name, rows);
    rows.set(`${ticketOrder(order)}#${after.id}`, Object.freeze(candidate));
  }
}

function nameOf(gateId: string, queue: QueueKey): string {
  return `${gateId}#${formatQueueKey(queue)}`;
}
