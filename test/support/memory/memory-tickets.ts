// The tickets of the store in memory: a queue for each gate, account, model and kind, in the order of the table's keys.
// memory-store.ts moves a task's ticket with each of its changes.
import { ticketOrder } from '../../../core/contract/items.ts';
import { formatQueueKey } from '../../../core/domain/task/slot.ts';
import { queueKeyOf } from '../../../core/domain/task/task.ts';
import { SortedRows } from './sorted-rows.ts';
import type { QueueKey } from '../../../core/domain/task/slot.ts';
import type { QueuedTicket, TicketName, TicketStore } from '../../../core/ports/ticket-store.ts';
import type { Task } from '../../../core/domain/task/task.ts';

export class MemoryTickets implements TicketStore {
  readonly #queues = new Map<string, SortedRows<QueuedTicket>>();

  readonly tickets = async (gateId: string, queue: QueueKey, limit: number): Promise<readonly QueuedTicket[]> =>
    this.#queues.get(nameOf(gateId, queue))?.head(limit) ?? [];

  readonly removeTickets = async (gateId: string, tickets: readonly TicketName[]): Promise<void> => {
    for (const ticket of tickets) this.#remove(gateId, ticket);
  };

  /** @param isLeft whether a ticket that the task gives up stays where it is. */
  move(before: Task | undefined, after: Task, isLeft = false): void {
    const [old, fresh] = [before && queueKeyOf(before), queueKeyOf(after)];
    if (before?.ticket && old && !isLeft) this.#remove(before.gateId, { ...old, ...before.ticket, taskId: before.id });
    if (!after.ticket || !fresh) return;
    const { order, version } = after.ticket;
    const ticket: QueuedTicket = { ...fresh, taskId: after.id, order, version, weight: after.weight };
    const name = nameOf(after.gateId, fresh);
    const rows = this.#queues.get(name) ?? new SortedRows<QueuedTicket>();
    this.#queues.set(name, rows);
    rows.set(placeOf(ticket), Object.freeze(ticket));
  }

  #remove(gateId: string, ticket: TicketName): void {
    this.#queues.get(nameOf(gateId, ticket))?.delete(placeOf(ticket));
  }
}

function placeOf({ order, taskId, version }: TicketName): string {
  return `${ticketOrder(order)}#${taskId}#${version}`;
}

function nameOf(gateId: string, queue: QueueKey): string {
  return `${gateId}#${formatQueueKey(queue)}`;
}
