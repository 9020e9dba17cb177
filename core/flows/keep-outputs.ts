// Keeps the outputs of a completed task that did not ask for it, or tries again those that were lost: after a limit was
// raised, or a server has come back. The keep stage does the work; keep-request.ts decides what may be asked.
import { isHeldByRun } from '../domain/media/decide-keep.ts';
import { askToKeep, reopenJob } from '../domain/media/keep-request.ts';
import { outputAddresses } from '../domain/media/output-addresses.ts';
import { sendDoorbells } from './send-doorbells.ts';
import type { Task } from '../domain/task/task.ts';
import type { KeepStore } from '../ports/keep-store.ts';
import type { Clock, Doorbells, MetricSink, TaskStore } from '../ports/ports.ts';

interface KeepOutputsPorts {
  readonly store: Pick<TaskStore, 'commit'>;
  readonly kept: Pick<KeepStore, 'loadKeepJob' | 'saveKeepJob'>;
  readonly doorbells: Doorbells;
  readonly metrics: MetricSink;
  readonly clock: Clock;
}

type KeepOutputsResult =
  /** The keep stage will try so many outputs. */
  | { readonly kind: 'asked'; readonly outputs: number }
  /** All of them are in the bucket. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'not-completed' }
  /** There is no address among its outputs. */
  | { readonly kind: 'no-outputs' }
  /** A run of the keep stage has them in hand. */
  | { readonly kind: 'under-way' }
  /** Another writer was faster. */
  | { readonly kind: 'changed' };

export async function keepOutputs(ports: KeepOutputsPorts, task: Task): Promise<KeepOutputsResult> {
  if (task.status !== 'completed') return { kind: 'not-completed' };
  const outputs = outputAddresses(task.result?.outputs).length;
  if (outputs === 0) return { kind: 'no-outputs' };
  const asked = task.keep === undefined ? await askTask(ports, task, outputs) : await askJob(ports, task);
  if (asked.kind !== 'asked') return asked;
  const { id: taskId, accountId: group } = task;
  await sendDoorbells(ports, [{ queue: 'keep', doorbell: { kind: 'keep', taskId }, delayMs: 0, group }]);
  return asked;
}

async function askTask({ store, clock }: KeepOutputsPorts, task: Task, outputs: number): Promise<KeepOutputsResult> {
  const after = askToKeep(task, clock.now());
  if (!after) return { kind: 'no-outputs' };
  const { kind } = await store.commit({ changes: [{ before: task, after }] });
  return kind === 'committed' ? { kind: 'asked', outputs } : { kind: 'changed' };
}

async function askJob({ kept, clock }: KeepOutputsPorts, task: Task): Promise<KeepOutputsResult> {
  const job = await kept.loadKeepJob(task.id);
  if (!job) return { kind: 'changed' };
  if (isHeldByRun(job, clock.now())) return { kind: 'under-way' };
  const again = reopenJob(job, clock.now());
  if (!again) return { kind: 'kept' };
  if (!(await kept.saveKeepJob(again))) return { kind: 'changed' };
  return { kind: 'asked', outputs: again.outputs.filter(({ state }) => state === 'pending').length };
}
