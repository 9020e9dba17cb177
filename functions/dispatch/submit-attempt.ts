// Submits one claimed attempt to Get3W and records the result. Between the claim and the record the attempt is leased:
// if the function stops in between, the lease runs out and the attempt is in doubt, never silently sent again.
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { findError } from '../../core/domain/error-catalogue.ts';
import { formatCallbackToken } from '../../core/domain/task/callback-token.ts';
import { latestAttempt } from '../../core/domain/task/task.ts';
import { applyEvent } from '../../core/flows/apply-event.ts';
import { loadInput } from '../../core/flows/load-input.ts';
import { performEffects } from '../../core/flows/perform-effects.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import { InputRoom } from './input-room.ts';
import type { CallbackToken } from '../../core/domain/task/callback-token.ts';
import type { TaskEvent } from '../../core/domain/task/event.ts';
import type { Observation } from '../../core/domain/gate/gate-review.ts';
import type { Attempt, Task } from '../../core/domain/task/task.ts';
import type { Provider, SubmitAnswer } from '../../core/ports/ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export interface DispatchPorts extends FlowPorts, InputPorts {
  readonly provider: Provider;
  /** Address that callback tokens are appended to, as Get3W sees it; without a slash at its end. */
  readonly callbacksUrl: string;
}

/** What a claim needs in addition to the task: made before the commit, because its digest is part of it. */
export interface Claim {
  readonly attempt: number;
  readonly leaseId: string;
  readonly callbackDigest: string;
  readonly token: CallbackToken;
}

/** Of this process: all of its batch share it. */
const longInputs = new InputRoom();

/** @param task as committed by the claim, in `submitting`. */
export async function submitAttempt(ports: DispatchPorts, task: Task, claim: Claim): Promise<void> {
  const attempt = latestAttempt(task);
  if (!attempt) return;
  const startedAt = ports.clock.now();
  const answer = await longInputs.hold(task.inputId === undefined ? 0 : task.inputBytes, () =>
    post(ports, task, claim, startedAt),
  );
  // As the claim left it, which is nearly always how it still is: only one that an early callback, a cancel or a deadline
  // has changed is read again.
  const applied = await applyEvent(ports, task.id, eventOf(answer, attempt.number), task);
  // Even when one of these was faster, the gate still learns from the answer.
  const effects = applied.kind === 'changed' ? applied.effects : [];
  await performEffects(ports, effects, { ...task, observations: observationsOf(answer, attempt) });
}

/** The function lives for the longest POST and 15 seconds (lib/relay-settings.ts): one that begins later may be cut off, and is a doubt. */
const BEGINS_WITHIN_MS = 10 * SECOND_MS;

async function post(ports: DispatchPorts, task: Task, claim: Claim, startedAt: number): Promise<SubmitAnswer> {
  let input: string | undefined;
  try {
    input = await loadInput(ports, task);
  } catch (error) {
    // Nothing was sent, so it is no doubt: the attempt ends here, and another follows.
    ports.log.warn('The input of a task could not be read', { taskId: task.id, error });
    return unsent('The input of the task could not be read');
  }
  if (input === undefined) {
    // Written before the task or with it: only a manual change of the table can have removed it.
    return { kind: 'refused', failure: { level: 'http', code: 400, text: 'The input of the task is gone' } };
  }
  if (ports.clock.now() - startedAt > BEGINS_WITHIN_MS) return unsent('Other long inputs took the time of this one');
  const callbackUrl = `${ports.callbacksUrl}/${formatCallbackToken(claim.token)}`;
  return ports.provider.submit({
    model: task.model,
    input,
    requestId: task.id,
    ...(ports.settings.callbacks && { callbackUrl }),
  });
}

function unsent(text: string): SubmitAnswer {
  return { kind: 'refused', failure: { level: 'transport', code: 'unreachable', text } };
}

function eventOf(answer: SubmitAnswer, attempt: number): TaskEvent {
  switch (answer.kind) {
    case 'accepted': {
      const { upstreamId, estimatedMs, outcome } = answer;
      // Some models answer the submit with the finished task.
      return outcome
        ? { type: 'outcome-reported', attempt, upstreamId, outcome }
        : { type: 'accepted', attempt, upstreamId, estimatedMs };
    }
    case 'refused':
      return { type: 'refused', attempt, failure: answer.failure, retryAfterMs: answer.retryAfterMs };
    case 'doubted':
      return { type: 'doubted', attempt, failure: answer.failure };
  }
}

/** What the gate learns from the answer. */
function observationsOf(answer: SubmitAnswer, { rank, accountProbe, startedAt }: Attempt): readonly Observation[] {
  const attributedTo = answer.kind === 'accepted' ? 'nobody' : attributionOf(answer);
  if (attributedTo === 'account' && answer.kind === 'refused') {
    return [{ type: 'account-refused', status: Number(answer.failure.code), accountProbe }];
  }
  const observations: Observation[] = [];
  if (answer.kind === 'accepted' && answer.outcome) observations.push({ type: 'accepted', rank, accountProbe });
  // Any other answer of Get3W to a probe shows that the key works again, and that the balance does or will soon show.
  // A broken connection, or the answer of a gateway in between, shows nothing about the account.
  else if (accountProbe && isOwnAnswer(answer)) observations.push({ type: 'accepted', rank: 0, accountProbe });
  if (attributedTo === 'limit' && answer.kind === 'refused') {
    observations.push({ type: 'limited', startedAt, retryAfterMs: answer.retryAfterMs });
  }
  return observations;
}

function attributionOf({ failure }: Exclude<SubmitAnswer, { kind: 'accepted' }>): string | undefined {
  return findError(failure.level, failure.code)?.attributedTo;
}

function isOwnAnswer(answer: SubmitAnswer): boolean {
  return answer.kind === 'accepted' || (answer.kind === 'refused' && answer.failure.level === 'http');
}
