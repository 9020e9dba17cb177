// Records the ends of attempts: in one transaction for several, so that the gate, which each of them writes, is written
// once; then grants the slots that came free, in one round for all of them.
// flow.ts finds the outcomes.
import { findAttempt } from '../../core/domain/task/task.ts';
import { applyEvents } from '../../core/flows/apply-events.ts';
import { performAllEffects } from '../../core/flows/perform-effects.ts';
import type { Observation } from '../../core/domain/gate/gate-review.ts';
import type { TaskEvent } from '../../core/domain/task/event.ts';
import type { Task } from '../../core/domain/task/task.ts';
import type { AppliedOne, ApplyOptions } from '../../core/flows/apply-events.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export interface ReportedEnd {
  /** As just read. */
  readonly task: Task;
  readonly event: Extract<TaskEvent, { type: 'outcome-reported' }>;
}

/**
 * @returns the result of each, in their order; `failed` where it is not recorded.
 * @throws RelayError `store-unavailable` when they are recorded and the gate could not be looked at.
 */
export async function settleEnds(
  ports: FlowPorts,
  ends: readonly ReportedEnd[],
  options: ApplyOptions = {},
): Promise<readonly AppliedOne[]> {
  const asked = ends.map(({ task, event }) => ({ taskId: task.id, event, known: task }));
  const results = await applyEvents(ports, asked, options);
  const owed = ends.flatMap(({ task, event }, index) => {
    const applied = results[index];
    if (applied?.kind !== 'changed') {
      if (applied && applied.kind !== 'failed') noteIgnored(ports, task, event, applied);
      return [];
    }
    const { accountId, gateId } = task;
    return [{ accountId, gateId, effects: applied.effects, observations: observationsOf(applied.before, event) }];
  });
  await performAllEffects(ports, owed);
  return results;
}

function noteIgnored(
  { log, metrics }: FlowPorts,
  { id: taskId }: Task,
  { attempt }: ReportedEnd['event'],
  applied: Exclude<AppliedOne, { kind: 'failed' }>,
): void {
  const reason = applied.kind === 'refused' ? applied.reason : applied.kind;
  log.info('An outcome changed nothing', { taskId, attempt, reason });
  metrics.emit({ values: { OutcomesIgnored: 1 }, properties: { taskId, reason } });
}

/** An outcome of an attempt that held its slot until now proves that Get3W had room for as many. */
function observationsOf(before: Task, event: ReportedEnd['event']): readonly Observation[] {
  const attempt = findAttempt(before, event.attempt);
  if (!attempt || attempt.state === 'closed') return [];
  // The answer to a probe may be lost; its outcome also shows that the account is served.
  return [
    { type: 'accepted', rank: attempt.rank, accountProbe: attempt.accountProbe && attempt.acceptedAt === undefined },
  ];
}

/** Gathers the ends that one run learns of: those that come while others are being recorded go together with the next. */
export class EndBatch {
  readonly #ports: FlowPorts;
  #waiting: { readonly end: ReportedEnd; readonly told: PromiseWithResolvers<AppliedOne> }[] = [];
  #isAtWork = false;

  constructor(ports: FlowPorts) {
    this.#ports = ports;
  }

  /** Resolves when it is recorded. @throws what kept it from being recorded. */
  async settle(end: ReportedEnd): Promise<void> {
    const told = Promise.withResolvers<AppliedOne>();
    this.#waiting.push({ end, told });
    if (!this.#isAtWork) void this.#work();
    const applied = await told.promise;
    if (applied.kind === 'failed') throw applied.error;
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    // Whatever is known already comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const ends = batch.map(({ end }) => end);
        const results = await settleEnds(this.#ports, ends);
        for (const [index, { told }] of batch.entries()) told.resolve(results[index] ?? { kind: 'unknown' });
      } catch (error) {
        for (const { told } of batch) told.reject(error);
      }
    }
    this.#isAtWork = false;
  }
}
