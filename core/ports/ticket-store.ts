// The tickets of waiting tasks, as they lie in the queues of a gate. Commits write them with their tasks (ports.ts); here they
// are read, and removed where a commit has left them behind.
import type { Candidate } from '../domain/gate/fair-queue.ts';
import type { QueueKey } from '../domain/task/slot.ts';

/** A ticket as it lies in its queue. Its task may have left it behind, and hold a later one or none. */
export interface QueuedTicket extends Candidate {
  /** Of its task, when it took the ticket. */
  readonly version: number;
}

export type TicketName = Omit<QueuedTicket, 'weight'>;

export interface TicketStore {
  /** Tickets at the head of one queue, in order; strongly consistent. */
  tickets(gateId: string, queue: QueueKey, limit: number): Promise<readonly QueuedTicket[]>;
  /** Removes tickets that their tasks no longer hold. Some may stay, where the store has too much to do. */
  removeTickets(gateId: string, tickets: readonly TicketName[]): Promise<void>;
}
