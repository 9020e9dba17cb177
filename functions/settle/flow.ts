// Learns the outcome of an attempt, from Get3W's callback or from a poll, and records what it means for the task. The
// domain decides whether that is the end or another attempt; dispatch makes the next attempt.
import { attemptOfToken, parseCallbackToken } from '../../core/domain/task/callback-token.ts';
import { findAttempt, openAttempt } from '../../core/domain/task/task.ts';
import { readUpstreamTask } from '../../core/domain/task/upstream-task.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import type { Observation } from '../../core/domain/gate/gate-review.ts';
import type { TaskEvent } from '../../core/domain/task/event.ts';
import type { Attempt, Task } from '../../core/domain/task/task.ts';
import type { Doorbell, ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { Provider } from '../../core/ports/ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export interface SettlePorts extends FlowPorts {
  readonly provider: Pick<Provider, 'poll'>;
}

type TaskDoorbell = Extract<Doorbell, { kind: 'task' }>;

/** `known`: the relay issued the token, so the caller is answered 200 whatever the body contains. */
type CallbackAnswer = 'known' | 'unknown';

/**
 * Accepts Get3W's webhook.
 * The body is trusted because the address is unguessable; one that cannot be read is replaced by a poll.
 * @throws RelayError when the outcome could not be recorded: Get3W must not receive a 200 for it.
 */
export async function takeCallback(ports: SettlePorts, tokenText: string, body: string): Promise<CallbackAnswer> {
  const token = parseCallbackToken(tokenText);
  const task = token && (await ports.store.loadTask(token.taskId));
  const attempt = task && attemptOfToken(task, token);
  if (!attempt) {
    ports.metrics.emit({ values: { CallbacksForged: 1 } });
    return 'unknown';
  }
  const upstream = readUpstreamTask(body);
  if (!upstream?.outcome) {
    ports.log.warn('A callback reported no outcome; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
    });
    await sendSettleDoorbell(ports, task, attempt);
    return 'known';
  }
  const { upstreamId, outcome } = upstream;
  const event = { type: 'outcome-reported', attempt: attempt.number, upstreamId, outcome } as const;
  try {
    await recordOutcome(ports, task, event);
  } catch (error) {
    // It is unknown whether Get3W calls again after a failure: what cannot be recorded now is also polled later.
    ports.log.error('An outcome could not be recorded; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
      error,
    });
    await sendSettleDoorbell(ports, task, attempt);
    throw error;
  }
  return 'known';
}

function sendSettleDoorbell(ports: SettlePorts, { id, accountId }: Task, { number, polls }: Attempt): Promise<void> {
  const doorbell = { kind: 'task', taskId: id, attempt: number, poll: polls } as const;
  return sendDoorbells(ports, [{ queue: 'settle', doorbell, delayMs: 1_000, group: accountId }]);
}

type OutcomeEvent = Extract<TaskEvent, { type: 'outcome-reported' }>;

async function recordOutcome(ports: SettlePorts, task: Task, event: OutcomeEvent): Promise<void> {
  const applied = await applyEvent(ports, task.id, event, task);
  if (applied.kind === 'changed') {
    await performEffects(ports, applied.effects, { ...task, observations: observationsOf(applied.before, event) });
    return;
  }
  const reason = applied.kind === 'refused' ? applied.reason : applied.kind;
  ports.log.info('An outcome changed nothing', { taskId: task.id, attempt: event.attempt, reason });
  ports.metrics.emit({ values: { OutcomesIgnored: 1 }, properties: { taskId: task.id, reason } });
}

/** An outcome of an attempt that held its slot until now proves that Get3W had room for as many. */
function observationsOf(before: Task, event: OutcomeEvent): readonly Observation[] {
  const attempt = findAttempt(before, event.attempt);
  if (!attempt || attempt.state === 'closed') return [];
  // The answer to a probe may be lost; its outcome also shows that the account is served.
  return [
    { type: 'accepted', rank: attempt.rank, accountProbe: attempt.accountProbe && attempt.acceptedAt === undefined },
  ];
}

/**
 * Serves a batch of doorbells.
 * @returns the messages that must be redelivered, because the relay itself failed for them, each with its cause.
 */
export async function serveDoorbells(
  ports: SettlePorts,
  received: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const failed = await Promise.all(
    received.map(async ({ messageId, doorbell }) => {
      if (doorbell.kind !== 'task') return [];
      try {
        await pollAttempt(ports, doorbell);
        return [];
      } catch (error) {
        ports.log.error('An attempt could not be polled; its doorbell is redelivered', {
          ...doorbell,
          messageId,
          error,
        });
        return [{ messageId, error }];
      }
    }),
  );
  return failed.flat();
}

/** Polls an attempt that is due: asks Get3W for its state. A doorbell about anything else is stale. */
export async function pollAttempt(ports: SettlePorts, doorbell: TaskDoorbell): Promise<void> {
  const { taskId } = doorbell;
  const task = await ports.store.loadTask(taskId);
  const attempt = task && attemptToPoll(task, doorbell);
  if (!task || attempt?.upstreamId === undefined) return;
  const { number, polls, upstreamId } = attempt;
  const answer = await ports.provider.poll(upstreamId);
  if (answer.kind === 'ended') {
    const { outcome } = answer;
    await recordOutcome(ports, task, { type: 'outcome-reported', attempt: number, upstreamId, outcome });
    return;
  }
  if (answer.kind === 'unknown') {
    ports.log.warn('A poll failed and is repeated', { taskId, attempt: number, failure: answer.failure });
  }
  const event = { type: 'poll-inconclusive', attempt: number, poll: polls } as const;
  const applied = await applyEvent(ports, taskId, event, task);
  if (applied.kind === 'changed') await performEffects(ports, applied.effects, task);
}

/** The attempt that the doorbell is about, while it runs and this poll of it has not been made. */
function attemptToPoll(task: Task, { attempt: number, poll }: TaskDoorbell): Attempt | undefined {
  const attempt = openAttempt(task);
  if (attempt?.number !== number || attempt.state !== 'running') return undefined;
  return poll === undefined || poll === attempt.polls ? attempt : undefined;
}
