// Removes what a task holds, for good: input, outputs, events and deliveries; what it has kept in the bucket is deleted by
// the keep stage, within minutes. First a mark replaces the task and names what is to be removed, then it is removed: an
// erasure that broke off is finished from the mark. The api and the command line decide who may do it.
import { inputKeyOf } from '../domain/media/input-object.ts';
import { isFinal } from '../domain/task/task.ts';
import { endEventId } from '../domain/webhook/outbox-event.ts';
import { taskDeliveryKey } from '../domain/webhook/task-delivery.ts';
import { ownUploadsIn, unusedKey, uploadKey } from '../domain/media/upload.ts';
import { loadInput } from './load-input.ts';
import { rollUpSpend } from './roll-up-spend.ts';
import type { KeepJob } from '../domain/media/keep-job.ts';
import type { Task } from '../domain/task/task.ts';
import type { EventKey } from '../domain/webhook/outbox-event.ts';
import type { ErasureStore, TaskContents } from '../ports/erasure-port.ts';
import type { InputStore } from '../ports/input-store.ts';
import type { KeepStore } from '../ports/keep-store.ts';
import type { SpendStore } from '../ports/spend-store.ts';
import type { Clock, TaskStore } from '../ports/ports.ts';
import type { DeliveryKey, StoredEvent, WebhookStore } from '../ports/webhook-ports.ts';

/** For the pages of one call; the sweep rolls up too, so that there are seldom many. */
const ROLL_UP_MS = 5_000;

export interface ErasurePorts {
  readonly kept: Pick<KeepStore, 'loadKeepJob'>;
  readonly inputs: InputStore;
  readonly store: Pick<TaskStore, 'loadErased' | 'loadInput'>;
  readonly webhooks: Pick<WebhookStore, 'deliveriesOfTask' | 'loadDeliveries' | 'loadEvent' | 'readEvents'>;
  readonly spend: SpendStore;
  readonly erasures: ErasureStore;
  readonly clock: Clock;
}

type ErasureResult =
  | { readonly kind: 'erased'; readonly erasedAt: number }
  /** It, or an attempt of it, may still change. */
  | { readonly kind: 'unfinished' }
  /**
   * Its event is on its way into its lanes, where deliver would write what was removed, or its end is not in the account's
   * spend yet. Both pass in seconds.
   */
  | { readonly kind: 'under-way' }
  /** Another writer was faster. */
  | { readonly kind: 'changed' };

export async function eraseTask(ports: ErasurePorts, task: Task): Promise<ErasureResult> {
  if (!isFinal(task.status) || task.slot !== undefined || task.due !== undefined) return { kind: 'unfinished' };
  if (task.openEnds) return { kind: 'under-way' };
  const contents = await contentsOf(ports, task);
  if (!contents || !(await isCounted(ports, task, contents))) return { kind: 'under-way' };
  const erasedAt = ports.clock.now();
  if (!(await ports.erasures.markErased(task, contents, erasedAt))) return { kind: 'changed' };
  await removeContents(ports, task.id, contents);
  return { kind: 'erased', erasedAt };
}

/** Removes what a marked task has left; may be repeated. The objects go first: the mark names them. */
export async function removeContents(
  { inputs, erasures }: Pick<ErasurePorts, 'inputs' | 'erasures'>,
  taskId: string,
  contents: TaskContents,
): Promise<void> {
  for (const key of contents.objects ?? []) await inputs.removeInput(key);
  await erasures.removeContents(taskId, contents);
}

/** Spend is rolled up from the log: an event that left it earlier would never count. */
async function isCounted(
  { spend, webhooks, clock }: ErasurePorts,
  task: Task,
  { events }: TaskContents,
): Promise<boolean> {
  const reachedTo = await rollUpSpend({ spend, events: webhooks, clock }, task.accountId, clock.now() + ROLL_UP_MS);
  return events.every(({ position }) => position <= reachedTo);
}

/** The deliveries that were noted, and the one that needs no note. */
export async function deliveryKeysOf(
  { webhooks }: Pick<ErasurePorts, 'webhooks'>,
  task: Task | Pick<Task, 'id'>,
): Promise<readonly DeliveryKey[]> {
  const noted = await webhooks.deliveriesOfTask(task.id);
  const own = 'status' in task ? taskDeliveryKey(task) : undefined;
  return own && noted.every(({ id }) => id !== own.id) ? [...noted, own] : noted;
}

/** Undefined while an event is not in all of its lanes. */
async function contentsOf(ports: ErasurePorts, task: Task): Promise<TaskContents | undefined> {
  const deliveries = await deliveryKeysOf(ports, task);
  const job = task.keep && (await ports.kept.loadKeepJob(task.id));
  // Its end has no event yet, and a run of keep would write one.
  if (job?.mode === 'before-webhook' && !job.isReleased) return undefined;
  const found = [...(await eventsOf(ports, task)), ...(job ? await eventsOfJob(ports, job) : [])];
  // The task has no open end, so that what is due with it is in its lanes.
  if (found.some(({ isClosed, isDueWithTask }) => !isClosed && !isDueWithTask)) return undefined;
  const known = await ports.webhooks.loadDeliveries(deliveries);
  const events = [...found.map(keyOfStored), ...known.map(({ event }) => event)];
  const objects = await objectsOf(ports, task);
  return {
    deliveries,
    ...(objects.length > 0 && { objects }),
    events: [...new Map(events.map((key) => [key.id, key])).values()],
  };
}

/** Its input in the bucket, and the uploads that its input names. */
async function objectsOf(ports: ErasurePorts, task: Task): Promise<readonly string[]> {
  const key = inputKeyOf(task);
  // Its form's copy lies for another day: who knows the address could name it again.
  const tokens = ownUploadsIn((await loadInput(ports, task)) ?? '', task.accountId);
  const uploads = tokens.flatMap((token) => [uploadKey(token), unusedKey(token)]);
  return [...(key === undefined ? [] : [key]), ...uploads];
}

function keyOfStored({ event, position }: StoredEvent): EventKey {
  return { accountId: event.accountId, position, id: event.id };
}

async function eventsOfJob({ webhooks }: ErasurePorts, job: KeepJob): Promise<readonly StoredEvent[]> {
  const keys = job.events.map((key) => ({ accountId: job.accountId, ...key }));
  return (await Promise.all(keys.map((key) => webhooks.loadEvent(key)))).flatMap((event) => event ?? []);
}

/**
 * The events of the task's ends: the last at its end, the others, of a failed task that was put back, at the ends of its
 * attempts. A delivery names its own; one that neither finds holds no word of prompt or outputs.
 */
async function eventsOf({ webhooks }: ErasurePorts, task: Task): Promise<readonly StoredEvent[]> {
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
