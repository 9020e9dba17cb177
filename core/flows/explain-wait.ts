// Reads what is needed to say why a task waits: nothing but the task itself, unless it has a ticket; then the gate, its
// model, its account's queues and the head of its queue.
import { whyWaiting } from '../domain/gate/why-waiting.ts';
import { loadWholeGate } from './load-whole-gate.ts';
import { queueName } from '../domain/task/slot.ts';
import type { Wait, WaitingPlace } from '../domain/gate/why-waiting.ts';
import type { Task } from '../domain/task/task.ts';
import type { Clock, GateStore } from '../ports/ports.ts';

/** Tickets that are read of its queue: with more tasks before it, its place is not told. */
const PLACES_READ = 100;

interface WaitStore {
  readonly store: Pick<GateStore, 'loadGate' | 'loadPools' | 'loadModels' | 'loadQueues' | 'tickets'>;
  readonly clock: Clock;
}

/** @returns undefined for a task that waits for nothing of the relay's. */
export async function explainWait({ store, clock }: WaitStore, task: Task): Promise<Wait | undefined> {
  return whyWaiting(task, await placeOf(store, task), clock.now());
}

async function placeOf(store: WaitStore['store'], task: Task): Promise<WaitingPlace | undefined> {
  const { ticket, gateId, accountId, model } = task;
  if (!ticket) return undefined;
  const queue = { kind: ticket.kind, accountId, model };
  const [gate, models, queues, head] = await Promise.all([
    loadWholeGate(store, gateId),
    store.loadModels(gateId, [model]),
    store.loadQueues(gateId, accountId),
    store.tickets(gateId, queue, PLACES_READ),
  ]);
  const tasks = queues?.waiting[queueName(queue)] ?? 0;
  const at = head.findIndex(({ taskId }) => taskId === task.id);
  return { gate, health: models.get(model), tasks, before: tasksBefore(at, tasks) };
}

/**
 * Tickets that a crash left stand in the queue until the next round removes them. The counter knows only tasks that
 * wait: no task is behind all of them.
 * @param at index of its ticket in those read, -1 when it is behind them.
 */
function tasksBefore(at: number, tasks: number): number | undefined {
  const last = Math.max(0, tasks - 1);
  if (at < 0) return last < PLACES_READ ? last : undefined;
  return Math.min(at, last);
}
