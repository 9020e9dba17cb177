// Derives the delivery of a task's end from the task itself, so that it need not be recorded with the task. An endpoint
// may be deleted, and a failed task may be put back, which changes its row: those deliveries are recorded.
import { deliveryIdOf, laneIdOfUrl } from './delivery.ts';
import { endEventId } from './outbox-event.ts';
import type { Delivery } from './delivery.ts';
import type { OutboxEvent } from './outbox-event.ts';
import type { Task } from '../task/task.ts';

/** True when taskDeliveryKey() finds the delivery for as long as the task exists. */
export function isFoundByTask({ type }: OutboxEvent, { url }: Delivery): boolean {
  return url !== undefined && (type === 'task.completed' || type === 'task.cancelled');
}

/**
 * The key of the delivery of the task's end to its `?webhook=`, which may exist; undefined while none is to be
 * expected.
 */
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
