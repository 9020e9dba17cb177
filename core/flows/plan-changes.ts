// What a round of allocation changes of its tasks: those that wait are granted their slot, those that arrive are claimed
// or take a ticket. plan-round.ts chooses, allocate-slots.ts commits.
import { slotKindOf } from '../domain/task/task.ts';
import { decideSoundly } from './decide-soundly.ts';
import type { Candidate, Grant } from '../domain/gate/fair-queue.ts';
import type { TaskChange } from '../domain/task/derived-counts.ts';
import type { Effect, TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** A task that dispatch wants to claim now, with what its claim needs. */
export interface Arrival {
  readonly task: Task;
  /** The attempt that the claim is for. */
  readonly attempt: number;
  readonly leaseId: string;
  readonly callbackDigest: string;
}

export interface FailedArrival {
  readonly taskId: string;
  readonly error: unknown;
}

export interface PlannedChange {
  readonly change: TaskChange;
  readonly effects: readonly Effect[];
  readonly isArrival: boolean;
}

export interface PlannedChanges {
  readonly changes: readonly PlannedChange[];
  readonly failed: readonly FailedArrival[];
}

export function candidateOf(task: Task): Candidate {
  return {
    taskId: task.id,
    kind: task.ticket?.kind ?? slotKindOf(task),
    accountId: task.accountId,
    model: task.model,
    order: task.ticket?.order ?? task.createdAt - task.priorityMs,
    weight: task.weight,
  };
}

/** Every arrival is decided on, so that none is left without a claim or a ticket; of those that wait only the granted. */
export function planChanges(
  ports: FlowPorts,
  grants: readonly Grant[],
  waiting: ReadonlyMap<string, Task>,
  arrivals: readonly Arrival[],
): PlannedChanges {
  const granted = new Map(grants.map((grant) => [grant.candidate.taskId, grant.slot]));
  const changes: PlannedChange[] = [];
  const failed: FailedArrival[] = [];
  const add = (task: Task, event: TaskEvent, isArrival: boolean): void => {
    try {
      const decision = decideSoundly(ports, task, event);
      if (decision.kind === 'refused') return;
      changes.push({ change: { before: task, after: decision.task }, effects: decision.effects, isArrival });
    } catch (error) {
      // One task whose decision fails must not keep the others from their slots.
      if (isArrival) failed.push({ taskId: task.id, error });
    }
  };
  for (const task of waiting.values()) {
    const slot = granted.get(task.id);
    if (slot) add(task, { type: 'slot-granted', slot }, false);
  }
  for (const { task, attempt, leaseId, callbackDigest } of arrivals) {
    const slot = granted.get(task.id);
    add(task, slot ? { type: 'claimed', attempt, leaseId, callbackDigest, slot } : { type: 'slot-denied' }, true);
  }
  return { changes, failed };
}
