// Learns the outcome of an attempt, from Get3W's callback or from a poll, and records what it means for the task.
// Whether that is the end or another attempt is decided in the domain; the next attempt is dispatch's.
import { attemptOfToken, parseCallbackToken } from '../core/domain/callback-token.ts';
import { findAttempt, openAttempt } from '../core/domain/task.ts';
import { readUpstreamTask } from '../core/domain/upstream-task.ts';
import { applyEvent } from '../core/flows/apply-event.ts';
import { performEffects, ring } from '../core/flows/perform-effects.ts';
import type { Observation } from '../core/domain/gate-review.ts';
import type { TaskEvent } from '../core/domain/event.ts';
import type { Task } from '../core/domain/task.ts';
import type { Provider } from '../core/contract/ports.ts';
import type { FlowPorts } from '../core/flows/flow-ports.ts';

export interface SettlePorts extends FlowPorts {
  readonly provider: Pick<Provider, 'poll'>;
}

/** `known`: the token was given out by the relay, so the caller is to be answered 200 whatever the body says. */
export type CallbackAnswer = 'known' | 'unknown';

/**
 * Takes Get3W's webhook.
 * The body is believed because the address is unguessable; one that cannot be read is replaced by a poll.
 */
export const takeCallback = async (ports: SettlePorts, tokenText: string, body: string): Promise<CallbackAnswer> => {
  const token = parseCallbackToken(tokenText);
  const task = token && (await ports.store.loadTask(token.taskId));
  const attempt = task && attemptOfToken(task, token);
  if (!attempt) {
    ports.metrics.emit({ values: { CallbacksForged: 1 } });
    return 'unknown';
  }
  const upstream = readUpstreamTask(body);
  if (!upstream?.outcome) {
    ports.log.warn('A callback told no outcome; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
    });
    await ringSettle(ports, task, attempt.number);
    return 'known';
  }
  const { upstreamId, outcome } = upstream;
  const event = { type: 'outcome-reported', attempt: attempt.number, upstreamId, outcome } as const;
  try {
    await recordOutcome(ports, task, event);
  } catch (error) {
    // Get3W calls once: what cannot be recorded now is asked for again by poll.
    ports.log.error('An outcome could not be recorded; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
      error,
    });
    await ringSettle(ports, task, attempt.number);
  }
  return 'known';
};

const ringSettle = (ports: SettlePorts, { id, accountId }: Task, attempt: number): Promise<void> =>
  ring(ports, [{ queue: 'settle', doorbell: { kind: 'task', taskId: id, attempt }, delayMs: 1_000, group: accountId }]);

type OutcomeEvent = Extract<TaskEvent, { type: 'outcome-reported' }>;

const recordOutcome = async (ports: SettlePorts, task: Task, event: OutcomeEvent): Promise<void> => {
  const applied = await applyEvent(ports, task.id, event, task);
  if (applied.kind === 'changed') {
    await performEffects(ports, applied.effects, { ...task, observations: observationsOf(applied.before, event) });
    return;
  }
  const reason = applied.kind === 'refused' ? applied.reason : applied.kind;
  ports.log.info('An outcome changed nothing', { taskId: task.id, attempt: event.attempt, reason });
  ports.metrics.emit({ values: { OutcomesIgnored: 1 }, properties: { taskId: task.id, reason } });
};

/** An outcome of an attempt that held its slot until now proves that Get3W had room for as many. */
const observationsOf = (before: Task, event: OutcomeEvent): readonly Observation[] => {
  const attempt = findAttempt(before, event.attempt);
  return attempt && attempt.state !== 'closed' ? [{ type: 'accepted', rank: attempt.rank, probe: false }] : [];
};

/** Looks at an attempt that is due: asks Get3W how it stands. A doorbell about anything else is stale. */
export const lookAtAttempt = async (ports: SettlePorts, taskId: string, attemptNumber: number): Promise<void> => {
  const task = await ports.store.loadTask(taskId);
  const attempt = task && openAttempt(task);
  if (!task || attempt?.number !== attemptNumber || attempt.state !== 'running' || attempt.upstreamId === undefined)
    return;
  const answer = await ports.provider.poll(attempt.upstreamId);
  if (answer.kind === 'ended') {
    const { upstreamId } = attempt;
    await recordOutcome(ports, task, {
      type: 'outcome-reported',
      attempt: attemptNumber,
      upstreamId,
      outcome: answer.outcome,
    });
    return;
  }
  if (answer.kind === 'unknown') {
    ports.log.warn('A poll could not find out', { taskId, attempt: attemptNumber, failure: answer.failure });
  }
  const applied = await applyEvent(ports, taskId, { type: 'poll-inconclusive', attempt: attemptNumber }, task);
  if (applied.kind === 'changed') await performEffects(ports, applied.effects, task);
};
