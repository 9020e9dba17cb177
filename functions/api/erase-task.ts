// `POST /v1/requests/{id}/erase`: removes a task's prompt, outputs, events and deliveries for good, and leaves a mark that
// answers 410. Repeating the call finishes an erasure that broke off, and answers as the first.
import { isFinal } from '../../core/domain/task/task.ts';
import { endEventId } from '../../core/domain/webhook/outbox-event.ts';
import { ownFailure } from '../../core/http/http-failure.ts';
import { deliveryKeysOf } from './delivery-calls.ts';
import { isTaskId, loadOwnTask } from './task-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { EventKey } from '../../core/domain/webhook/outbox-event.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { ErasureStore, TaskContents } from '../../core/ports/erasure-port.ts';
import type { StoredEvent } from '../../core/ports/webhook-ports.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

export type ErasePorts = WebhookApiPorts & { readonly erasures: ErasureStore };

/** @throws HttpFailure 404 for another account's task; 409 for one whose attempts or webhooks are under way. */
export async function eraseTask(ports: ErasePorts, account: Account, spelt: string): Promise<Answer> {
  const { erasures, store, clock } = ports;
  const earlier = isTaskId(spelt.toLowerCase()) ? await store.loadErased(spelt.toLowerCase()) : undefined;
  if (earlier && (earlier.accountId === account.id || account.isOperator)) {
    if (earlier.contents) await erasures.removeContents(spelt.toLowerCase(), earlier.contents);
    return answerOf(spelt.toLowerCase(), earlier.erasedAt);
  }
  const task = await loadOwnTask(ports, account, spelt);
  if (!isFinal(task.status) || task.slot !== undefined || task.due !== undefined) throw ownFailure('taskUnfinished');
  const contents = await contentsOf(ports, task);
  const erasedAt = clock.now();
  if (!(await erasures.markErased(task, contents, erasedAt))) throw ownFailure('changedByOthers');
  await erasures.removeContents(task.id, contents);
  return answerOf(task.id, erasedAt);
}

function answerOf(id: string, erasedAt: number): Answer {
  return { status: 200, body: { id, status: 'erased', erased_at: new Date(erasedAt).toISOString() } };
}

/** @throws HttpFailure 409 while an event is on its way into its lanes: deliver would write what was removed. */
async function contentsOf(ports: ErasePorts, task: Task): Promise<TaskContents> {
  const deliveries = await deliveryKeysOf(ports, task);
  const found = await eventsOf(ports, task);
  if (found.some(({ isClosed }) => !isClosed)) throw ownFailure('changedByOthers', 'its webhooks are on their way');
  const known = await ports.webhooks.loadDeliveries(deliveries);
  const events = [...found.map(keyOfStored), ...known.map(({ event }) => event)];
  return { deliveries, events: [...new Map(events.map((key) => [key.id, key])).values()] };
}

function keyOfStored({ event, position }: StoredEvent): EventKey {
  return { accountId: event.accountId, position, id: event.id };
}

/**
 * The events of the task's ends: the last at its end, the others, of a failed task that was put back, at the ends of its
 * attempts. A delivery names its own; one that neither finds holds no word of prompt or outputs.
 */
async function eventsOf({ webhooks }: ErasePorts, task: Task): Promise<readonly StoredEvent[]> {
  const attemptEnds = task.attempts.flatMap(({ endedAt }) => endedAt ?? []);
  const found: StoredEvent[] = [];
  for (let end = 1; end <= task.ends; end++) {
    const id = endEventId(task.id, end);
    const times = end === task.ends ? [task.endedAt ?? task.updatedAt] : attemptEnds;
    for (const position of times) {
      const event = await webhooks.loadEvent({ accountId: task.accountId, position, id });
      if (!event) continue;
      found.push(event);
      break;
    }
  }
  return found;
}
