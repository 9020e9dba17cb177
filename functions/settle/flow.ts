// Learns the outcome of an attempt, from Get3W's callback or from a poll. A callback is recorded at once where no other
// function writes to its gate; else, and in a rush, it goes to the queue, whose runs record many ends together.
// The domain decides whether an outcome is the end or another attempt; dispatch makes the next attempt.
import { DEFAULT_GATE_ID, isRushed } from '../../core/domain/gate/gate.ts';
import { endsPerSecond } from '../../core/domain/gate/gate-view.ts';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { attemptOfToken, parseCallbackToken } from '../../core/domain/task/callback-token.ts';
import { openAttempt } from '../../core/domain/task/task.ts';
import { readUpstreamTask } from '../../core/domain/task/upstream-task.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { EndBatch, settleEnds } from './settle-ends.ts';
import type { Attempt, Task } from '../../core/domain/task/task.ts';
import type { Doorbell, ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { Provider } from '../../core/ports/ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { ReportedEnd } from './settle-ends.ts';

export interface SettlePorts extends FlowPorts {
  readonly provider: Pick<Provider, 'poll'>;
}

type DoorbellOf<Kind extends Doorbell['kind']> = Extract<Doorbell, { kind: Kind }>;

/** `known`: the relay issued the token, so the caller is answered 200 whatever the body contains. */
type CallbackAnswer = 'known' | 'unknown';

/**
 * Accepts Get3W's webhook.
 * The body is trusted because the address is unguessable; one that cannot be read is replaced by a poll.
 * @throws RelayError when the outcome could neither be recorded nor queued: Get3W must not receive a 200 for it.
 */
export async function takeCallback(ports: SettlePorts, tokenText: string, body: string): Promise<CallbackAnswer> {
  const token = parseCallbackToken(tokenText);
  const [task, isRush] = token ? await Promise.all([ports.store.loadTask(token.taskId), isInRush(ports)]) : [];
  const attempt = token && task && attemptOfToken(task, token);
  if (!attempt) {
    ports.metrics.emit({ values: { CallbacksForged: 1 } });
    return 'unknown';
  }
  const end = endOf(task, attempt.number, body);
  if (!end) {
    ports.log.warn('A callback reported no outcome; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
    });
    await sendPollDoorbell(ports, task, attempt);
    return 'known';
  }
  if (isRush && (await sendOutcome(ports, end, body))) return 'known';
  await recordOrQueue(ports, end, attempt, body);
  return 'known';
}

/** @throws what kept it from being recorded, where it could not be queued either. */
async function recordOrQueue(ports: SettlePorts, end: ReportedEnd, attempt: Attempt, body: string): Promise<void> {
  const { task } = end;
  try {
    const [applied] = await settleEnds(ports, [end], { isHasty: true });
    if (applied?.kind === 'failed') throw applied.error;
  } catch (error) {
    if (isOfStore(error) && (await sendOutcome(ports, end, body))) return;
    // It is unknown whether Get3W calls again after a failure: what cannot be recorded now is also polled later.
    ports.log.error('An outcome could not be recorded; the attempt is polled instead', {
      taskId: task.id,
      attempt: attempt.number,
      error,
    });
    await sendPollDoorbell(ports, task, attempt);
    throw error;
  }
}

/** Each end that is recorded alone writes two of the 1,000 units that the gate's partition takes in a second; rounds write some. */
const ENDS_ALONE_PER_SECOND = 500;

/**
 * Where so many tasks end, up to ten go together. All tasks have the one gate; it is not read for each of them, and where it
 * cannot be read there is no rush.
 */
async function isInRush({ store, clock }: SettlePorts): Promise<boolean> {
  try {
    const gate = await store.loadGate(DEFAULT_GATE_ID, 'a-moment-ago');
    return isRushed(gate, clock.now()) && endsPerSecond(gate) > ENDS_ALONE_PER_SECOND;
  } catch {
    return false;
  }
}

/** Others write to its gate, the table throttles it or does not answer: a later record of the same outcome changes nothing twice. */
function isOfStore(error: unknown): boolean {
  return error instanceof RelayError && (error.code === 'store-contended' || error.code === 'store-unavailable');
}

function endOf(task: Task, attempt: number, body: string): ReportedEnd | undefined {
  const { upstreamId, outcome } = readUpstreamTask(body) ?? {};
  return outcome && { task, event: { type: 'outcome-reported', attempt, upstreamId, outcome } };
}

/** Leaves an outcome to the queue. @returns false when it is too long for a message, or could not be sent. */
async function sendOutcome(
  ports: SettlePorts,
  { task, event: { attempt } }: ReportedEnd,
  body: string,
): Promise<boolean> {
  const doorbell = { kind: 'outcome', taskId: task.id, attempt, body } as const;
  if (Buffer.byteLength(JSON.stringify(doorbell)) > limits.outcomeMessageBytesMax) return false;
  return sendDoorbells(ports, [{ queue: 'settle', doorbell, delayMs: 0, group: task.accountId }]);
}

async function sendPollDoorbell(
  ports: SettlePorts,
  { id, accountId }: Task,
  { number, polls }: Attempt,
): Promise<void> {
  const doorbell = { kind: 'task', taskId: id, attempt: number, poll: polls } as const;
  await sendDoorbells(ports, [{ queue: 'settle', doorbell, delayMs: 1_000, group: accountId }]);
}

/**
 * Serves a batch of doorbells. The ends that it learns of are recorded together.
 * @returns the messages that must be redelivered, because the relay itself failed for them, each with its cause.
 */
export async function serveDoorbells(
  ports: SettlePorts,
  received: readonly ReceivedDoorbell[],
): Promise<readonly FailedMessage[]> {
  const ends = new EndBatch(ports);
  const ids = received.flatMap(({ doorbell }) => ('taskId' in doorbell ? [doorbell.taskId] : []));
  const tasks = new Map((ids.length > 0 ? await ports.store.loadTasks(ids) : []).map((task) => [task.id, task]));
  const failed = await Promise.all(
    received.map(async ({ messageId, doorbell }) => {
      if (doorbell.kind !== 'task' && doorbell.kind !== 'outcome') return [];
      const { kind, taskId, attempt } = doorbell;
      try {
        // Whatever is not among them is unknown or damaged: the latter is thrown.
        const task = tasks.get(taskId) ?? (await ports.store.loadTask(taskId));
        if (!task) return [];
        const end = kind === 'task' ? await pollAttempt(ports, task, doorbell) : endOf(task, attempt, doorbell.body);
        if (end) await ends.settle(end);
        return [];
      } catch (error) {
        ports.log.error('An attempt could not be settled; its message is redelivered', {
          kind,
          taskId,
          attempt,
          messageId,
          error,
        });
        return [{ messageId, error }];
      }
    }),
  );
  return failed.flat();
}

/**
 * Polls an attempt that is due: asks Get3W for its state. A doorbell about anything else is stale.
 * @returns its end, where Get3W told one.
 */
async function pollAttempt(
  ports: SettlePorts,
  task: Task,
  doorbell: DoorbellOf<'task'>,
): Promise<ReportedEnd | undefined> {
  const attempt = attemptToPoll(task, doorbell);
  if (attempt?.upstreamId === undefined) return undefined;
  const { number, polls, upstreamId } = attempt;
  const answer = await ports.provider.poll(upstreamId);
  if (answer.kind === 'ended') {
    const { outcome } = answer;
    return { task, event: { type: 'outcome-reported', attempt: number, upstreamId, outcome } };
  }
  if (answer.kind === 'unknown') {
    ports.log.warn('A poll failed and is repeated', { taskId: task.id, attempt: number, failure: answer.failure });
  }
  const event = { type: 'poll-inconclusive', attempt: number, poll: polls } as const;
  const applied = await applyEvent(ports, task.id, event, task);
  if (applied.kind === 'changed') await performEffects(ports, applied.effects, task);
  return undefined;
}

/** The attempt that the doorbell is about, while it runs and this poll of it has not been made. */
function attemptToPoll(task: Task, { attempt: number, poll }: DoorbellOf<'task'>): Attempt | undefined {
  const attempt = openAttempt(task);
  if (attempt?.number !== number || attempt.state !== 'running') return undefined;
  return poll === undefined || poll === attempt.polls ? attempt : undefined;
}
