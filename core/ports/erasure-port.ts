// What erasing a task needs of the store. Erasing leaves a mark, so that the task's id is answered 410 from then on and is
// never used for another task.
import type { EventKey } from '../domain/webhook/outbox-event.ts';
import type { Task } from '../domain/task/task.ts';
import type { Delivery } from '../domain/webhook/delivery.ts';

/** Where a task left something, beside its own rows. */
export interface TaskContents {
  /** They hold what receivers answered. */
  readonly deliveries: readonly Pick<Delivery, 'laneId' | 'id'>[];
  /** They hold its outputs, as they were sent. */
  readonly events: readonly EventKey[];
  /** Keys in the bucket, of its input. */
  readonly objects?: readonly string[];
}

export interface ErasedTask {
  readonly accountId: string;
  readonly erasedAt: number;
  /** What an erasure that broke off has still to remove; undefined when nothing is left. */
  readonly contents?: TaskContents;
}

export interface ErasureStore {
  /** Replaces the task by the mark; false when it has changed since it was read. */
  markErased(task: Task, contents: TaskContents, erasedAt: number): Promise<boolean>;
  /** Removes all that is left of a marked task; may be repeated. */
  removeContents(taskId: string, contents: TaskContents): Promise<void>;
}
