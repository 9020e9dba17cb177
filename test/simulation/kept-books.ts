// Keeps books about kept outputs from outside: which tasks asked, what their jobs came to, what lies in the bucket and what
// the log of events says. Asked at the end of a world; it shares no code with decide-keep.
import { createHash } from 'node:crypto';
import { outputKey } from '../../core/domain/media/keep-job.ts';
import { outputAddresses } from '../../core/domain/media/output-addresses.ts';
import { endEventId } from '../../core/domain/webhook/outbox-event.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { contentOfOutput, fateOfOutput } from './kept-files.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { LoggedEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { MemoryStore } from '../support/memory/memory-store.ts';
import type { KeptFiles } from './kept-files.ts';
import type { WorldPlan } from './world-plan.ts';

interface Audited {
  readonly plan: WorldPlan;
  readonly store: MemoryStore;
  readonly files: KeptFiles;
  /** When the world began. */
  readonly startedAt: number;
  readonly report: (problem: string) => void;
}

/** The sweep postpones a row whose doorbell was lost, by this much at most; then a run must come. */
const POSTPONED_MS = 17 * MINUTE_MS;
const RUN_MS = 4 * MINUTE_MS;

export class KeptBooks {
  /** Completed tasks that asked. */
  readonly #asked = new Map<string, Task>();
  /** Those of them whose outputs are neither kept nor lost yet, or that are erased and still leave something. */
  readonly #open = new Set<string>();

  get open(): number {
    return this.#open.size;
  }

  committed(task: Task): void {
    if (task.keep === undefined || task.status !== 'completed' || this.#asked.has(task.id)) return;
    if (outputAddresses(task.result?.outputs).length === 0) return;
    this.#asked.set(task.id, task);
    this.#open.add(task.id);
  }

  saved({ taskId, due }: KeepJob): void {
    if (due === undefined) this.#open.delete(taskId);
  }

  erased(taskId: string): void {
    if (this.#asked.has(taskId)) this.#open.add(taskId);
  }

  removed(taskId: string): void {
    this.#open.delete(taskId);
  }

  async audit(audited: Audited): Promise<void> {
    const events = Map.groupBy(audited.store.allEvents(), ({ event }) => event.taskId ?? '');
    for (const task of this.#asked.values()) {
      const report = (problem: string): void => audited.report(`the outputs of ${task.id}: ${problem}`);
      const job = await audited.store.loadKeepJob(task.id);
      if (await audited.store.loadErased(task.id)) auditErased({ ...audited, report }, task, job);
      else if (!job) report('no job is there');
      else {
        auditOutputs({ ...audited, report }, task, job);
        auditEvents({ ...audited, report }, task, job, events.get(task.id) ?? []);
      }
    }
  }
}

function auditErased({ files, report }: Audited, task: Task, job: KeepJob | undefined): void {
  if (job) report('the job of an erased task is left');
  const left = [...files.objects.keys()].filter((key) => key.includes(task.id));
  if (left.length > 0) report(`${left.length} objects of an erased task are left`);
}

/** Each output is kept with the very bytes of its address, or lost for a reason that holds. */
function auditOutputs({ plan, files, startedAt, report }: Audited, task: Task, job: KeepJob): void {
  const addresses = outputAddresses(task.result?.outputs);
  if (job.outputs.length !== addresses.length) report(`${job.outputs.length} of ${addresses.length} are in the job`);
  // One that expired while servers or the relay itself failed may be lost.
  const expiresAt = job.endedAt + plan.settings.media.expiryMs;
  const mayExpire = expiresAt < startedAt + plan.faultsUntil + POSTPONED_MS + RUN_MS;
  for (const [index, address] of addresses.entries()) {
    const output = job.outputs[index];
    const fate = fateOfOutput(address);
    if (output?.state === 'kept') {
      const wanted = contentOfOutput(address);
      const stored = files.objects.get(outputKey(job, index));
      if (fate !== 'fine') report(`${index} is kept and ${fate}`);
      if (output.sha256 !== createHash('sha256').update(wanted).digest('hex')) report(`${index} has another's hash`);
      if (!stored?.equals(wanted)) report(`${index} lies in the bucket with other bytes, or not at all`);
    } else if (output?.state !== 'lost') report(`${index} is ${output?.state}`);
    else if (fate === 'fine' && !(output.cause === 'expired' && mayExpire)) report(`${index} is lost: ${output.cause}`);
    else if (fate === 'too-large' && output.cause !== fate && !mayExpire) report(`${index} is lost: ${output.cause}`);
  }
}

/** The end is told once, and what has become of the outputs once: with it, where it was held for long enough. */
function auditEvents(
  { plan, startedAt, report }: Audited,
  task: Task,
  job: KeepJob,
  events: readonly LoggedEvent[],
): void {
  const endId = endEventId(task.id, task.ends);
  const ends = events.filter(({ event }) => event.id === endId);
  const news = events.filter(({ event }) => /^task\.outputs-/.test(event.type));
  if (ends.length !== 1) report(`its end has ${ends.length} events`);
  const [end] = ends;
  if (!end) return;
  const told = (end.event.data as { kept_outputs?: readonly { state: string }[] }).kept_outputs;
  const isTold = told !== undefined && told.every(({ state }) => state !== 'pending');
  if (news.length !== (isTold ? 0 : 1)) report(`${news.length} events say what has become of them`);
  const isLost = job.outputs.some(({ state }) => state === 'lost');
  const type = isLost ? 'task.outputs-lost' : 'task.outputs-kept';
  if (news.some(({ event }) => event.type !== type)) report(`the event says ${news[0]?.event.type}`);
  if (job.mode !== 'before-webhook') return;
  const { faultsUntil, clockSkewMs } = plan;
  const latest = Math.max(job.endedAt + plan.settings.media.holdMs, startedAt + faultsUntil + POSTPONED_MS);
  const lateMs = end.position - latest;
  if (lateMs > RUN_MS + 2 * clockSkewMs) report(`its webhook was held for ${lateMs} ms too long`);
}
