// Serves the doorbells of the keep queue: claims the keeping of a task's outputs, fetches what is pending one by one, and
// saves after each. A crash leaves a job with a lease; the sweep brings it back after the lease, and what was kept stays.
// decide-keep.ts decides when something is tried again or given up.
import {
  claimJob,
  isHeldByRun,
  owedEvent,
  recordResult,
  releaseJob,
  withEvent,
} from '../../core/domain/media/decide-keep.ts';
import { outputKey } from '../../core/domain/media/keep-job.ts';
import { outputAddresses } from '../../core/domain/media/output-addresses.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { keepContext } from './keep-ports.ts';
import { keepEvent } from './keep-event.ts';
import { keepOutput } from './keep-output.ts';
import { measureResult, measureRun } from './measure-keep.ts';
import type { ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { KeepResult } from '../../core/domain/media/decide-keep.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { LoggedEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { KeepPorts } from './keep-ports.ts';

/** @returns the messages that must be redelivered, because the relay itself failed for them, each with its cause. */
export async function serveDoorbells(
  ports: KeepPorts,
  messages: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const failed: FailedMessage[] = [];
  // One after the other: each may be as large as memory allows.
  for (const { messageId, doorbell } of messages) {
    if (doorbell.kind !== 'keep') continue;
    try {
      await serve(ports, doorbell.taskId);
    } catch (error) {
      ports.log.error('A doorbell of keep failed and is redelivered', { ...doorbell, messageId, error });
      failed.push({ messageId, error });
    }
  }
  return failed;
}

async function serve(ports: KeepPorts, taskId: string): Promise<void> {
  const { store, randomSource } = ports;
  const job = await store.loadKeepJob(taskId);
  if (!job) return;
  if (job.isErased) return removeKept(ports, job);
  const claim = { leaseId: randomSource.id(), token: randomSource.secret() };
  const claimed = claimJob(job, claim, keepContext(ports));
  const saved = claimed && (await store.saveKeepJob(claimed));
  // Without its task, which has expired then, its outputs are not found any more.
  if (saved) await new KeepRun(ports, saved, await store.loadTask(taskId)).run();
}

/**
 * Deletes what an erased task has kept. A run that was at work when the task was erased may still put an output into the
 * bucket: until its lease has ended, nothing is deleted.
 */
async function removeKept(ports: KeepPorts, job: KeepJob): Promise<void> {
  const { store, bucket, clock, log } = ports;
  if (isHeldByRun(job, clock.now())) {
    await store.saveKeepJob({ ...job, due: { at: job.lease?.until ?? clock.now(), by: 'sweep' } });
    return;
  }
  for (const index of job.outputs.keys()) await bucket.remove(outputKey(job, index));
  await store.removeKeepJob(job.taskId);
  log.info('The kept outputs of an erased task are deleted', { taskId: job.taskId });
}

/** Part of a run's time that must be left for an output to be begun; the first one is begun in any case. */
const LEFT_SHARE = 0.5;

class KeepRun {
  readonly #ports: KeepPorts;
  readonly #task: Task | undefined;
  readonly #endsAt: number;
  #job: KeepJob;
  #hasFailed = false;

  constructor(ports: KeepPorts, job: KeepJob, task: Task | undefined) {
    this.#ports = ports;
    this.#job = job;
    this.#task = task;
    this.#endsAt = ports.clock.now() + ports.settings.media.downloadTimeoutMs;
  }

  /** Ends early when another writer is faster: an erasure, or a run that began after this one's lease had ended. */
  async run(): Promise<void> {
    // A webhook that has waited for as long as it may goes before anything else is fetched.
    const isOverdue = this.#owes() === 'task-end';
    if (isOverdue && !(await this.#save())) return;
    if (await this.#keepAll()) await this.#end();
  }

  async #keepAll(): Promise<boolean> {
    const addresses = outputAddresses(this.#task?.result?.outputs);
    const pending = this.#job.outputs.flatMap(({ state }, index) => (state === 'pending' ? [index] : []));
    for (const [at, index] of pending.entries()) {
      const timeoutMs = this.#endsAt - this.#ports.clock.now();
      if (at > 0 && timeoutMs < this.#ports.settings.media.downloadTimeoutMs * LEFT_SHARE) return true;
      await this.#keepOne(index, addresses[index], timeoutMs);
      // The last result is saved with the end of the run.
      if (at < pending.length - 1 && !(await this.#save())) return false;
    }
    return true;
  }

  async #keepOne(index: number, address: string | undefined, timeoutMs: number): Promise<void> {
    const startedAt = this.#ports.clock.now();
    const result: KeepResult =
      address === undefined
        ? { kind: 'failed', cause: 'gone' }
        : await keepOutput(this.#ports, this.#job, { index, address, timeoutMs });
    if (result.kind === 'failed') this.#hasFailed = true;
    this.#job = recordResult(this.#job, index, result, keepContext(this.#ports));
    measureResult(this.#ports, this.#job, { index, result, tookMs: this.#ports.clock.now() - startedAt });
  }

  /** Ends the run: with its last results, the event that is owed, and the time of the next run. */
  async #end(): Promise<void> {
    const { job, doorbellDelayMs } = releaseJob(this.#job, this.#hasFailed, keepContext(this.#ports));
    this.#job = job;
    if (!(await this.#save())) return;
    measureRun(this.#ports, this.#job, this.#hasFailed);
    if (doorbellDelayMs === undefined) return;
    const { taskId, accountId: group } = this.#job;
    const doorbell = { kind: 'keep', taskId } as const;
    await sendDoorbells(this.#ports, [{ queue: 'keep', doorbell, delayMs: doorbellDelayMs, group }]);
  }

  #owes(): ReturnType<typeof owedEvent> {
    // Without its task there is nothing to tell.
    return this.#task && owedEvent(this.#job, keepContext(this.#ports));
  }

  /** @returns false when another writer was faster. */
  async #save(): Promise<boolean> {
    const owed = this.#owes();
    const event = owed && this.#task && keepEvent(this.#ports, this.#job, this.#task, owed);
    const written = event && { event, position: this.#ports.clock.now() };
    const job = written ? withEvent(this.#job, owed, { id: event.id, position: written.position }) : this.#job;
    const saved = await this.#ports.store.saveKeepJob(job, written);
    if (!saved) return false;
    this.#job = saved;
    if (written) await this.#announce(written);
    return true;
  }

  /** If it is lost, the sweep finds the event, which is due. */
  async #announce({ event: { accountId, id: eventId }, position }: LoggedEvent): Promise<void> {
    const doorbell = { kind: 'event', accountId, position, eventId } as const;
    await sendDoorbells(this.#ports, [{ queue: 'deliver', doorbell, delayMs: 0, group: accountId }]);
  }
}
