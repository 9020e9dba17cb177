// Where the webhook of a task's end lies, read off the task itself: what can be found so need not be noted beside it.
// An endpoint may be deleted and a failed task put back, which changes its row: their deliveries are noted.
import { deliveryIdOf, laneIdOfUrl } from './delivery.ts';
import { endEventId } from './outbox-event.ts';
import type { Delivery } from './delivery.ts';
import type { OutboxEvent } from './outbox-event.ts';
import type { Task } from '../task/task.ts';

/** Whether taskDeliveryKey() finds the delivery for as long as there is the task. */
export function isFoundByTask({ type }: OutboxEvent, { url }: Delivery): boolean {
  return url !== undefined && (type === 'task.completed' || type === 'task.cancelled');
}

/** The delivery of the task's end to its `?webhook=`, which may be there; undefined while it has none to expect. */
export function taskDeliveryKey({
  id,
  accountId,
  webhookUrl,
  status,
  ends,
  endedAt,
}: Task): { readonly laneId: string; readonly id: string } | undefined {
  const isLast = status === 'completed' || status === 'cancelled';
  if (webhookUrl === undefined || endedAt === undefined || !isLast) return undefined;
  const laneId = laneIdOfUrl(accountId, webhookUrl);
  return { laneId, id: deliveryIdOf({ id: endEventId(id, ends), at: endedAt }, laneId) };
}
