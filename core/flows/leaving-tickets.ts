// Tickets of tasks that have just been granted a slot. The commit that grants it leaves them in their queues, where they would
// take up half of its rows; they are removed after it, beside what follows. Until then the function knows which of those that
// it reads are none. Should it die before, the next function that reads them finds that their tasks do not hold them, and removes them.
import { queueKeyOf } from '../domain/task/task.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { TicketName } from '../ports/ticket-store.ts';

export class LeavingTickets {
  readonly #ports: FlowPorts;
  readonly #gateId: string;
  readonly #known = new Set<TicketName>();

  constructor(ports: FlowPorts, gateId: string) {
    this.#ports = ports;
    this.#gateId = gateId;
  }

  /** Those that may still lie in their queues. */
  get known(): readonly TicketName[] {
    return [...this.#known];
  }

  /** A failure is logged only: a ticket that stays costs a read, and is removed when it is found. */
  async remove(tickets: readonly TicketName[]): Promise<void> {
    if (tickets.length === 0) return;
    for (const ticket of tickets) this.#known.add(ticket);
    try {
      await this.#ports.store.removeTickets(this.#gateId, tickets);
      for (const ticket of tickets) this.#known.delete(ticket);
    } catch (error) {
      this.#ports.log.warn('Tickets of tasks that have their slots could not be removed yet', {
        gateId: this.#gateId,
        error,
      });
    }
  }
}

/** The tickets that a commit leaves behind. */
export function ticketsLeft(changes: readonly TaskChange[]): readonly TicketName[] {
  return changes.flatMap(({ before, after }) => {
    const queue = before && queueKeyOf(before);
    if (!queue || !before.ticket || after.ticket) return [];
    return [{ ...queue, taskId: before.id, order: before.ticket.order, version: before.ticket.version }];
  });
}
