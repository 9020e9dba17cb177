// Why a task is not at Get3W just now, and when it goes on: one sentence for its owner, the same in every place that
// shows it. Pure; core/flows/explain-wait.ts reads what is needed. What the gate does is decided elsewhere.
import { SECOND_MS } from '../time-ms.ts';
import { circuitState, modelAllowance } from './circuit.ts';
import { isStopped, slotLimit } from './gate.ts';
import { latestAttempt } from '../task/task.ts';
import type { Task } from '../task/task.ts';
import type { ModelHealth } from './circuit.ts';
import type { Gate } from './gate.ts';

export const waitReasons = [
  'due',
  'backoff',
  'answer-lost',
  'operator-pause',
  'limited',
  'account-refused',
  'circuit-open',
  'circuit-probing',
  'slots-in-use',
] as const;

type WaitReason = (typeof waitReasons)[number];

export interface Wait {
  readonly reason: WaitReason;
  /** When it goes on, or the relay looks again (epoch milliseconds); absent where that depends on others. */
  readonly until?: number;
  readonly text: string;
}

/** What is known of the gate for a task with a ticket. */
export interface WaitingPlace {
  readonly gate: Gate;
  readonly health: ModelHealth | undefined;
  /** Tasks in its queue: those of its account and model of its kind. */
  readonly tasks: number;
  /** Tasks before it in its queue; undefined when they are more than were read. */
  readonly before: number | undefined;
}

/** A time as people say it: `8 s`, `4 min`, `2 h`. */
function spanText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / SECOND_MS));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `in 8 s`, or `now`. */
export function inText(at: number, now: number): string {
  return at <= now ? 'now' : `in ${spanText(at - now)}`;
}

export function sinceText(at: number): string {
  return `since ${new Date(at).toISOString()}`;
}

/**
 * @param place undefined for a task without a ticket.
 * @returns undefined for a task that is at Get3W, on its way there, or has ended.
 */
export function whyWaiting(task: Task, place: WaitingPlace | undefined, now: number): Wait | undefined {
  switch (task.status) {
    case 'queued':
      return { reason: 'due', text: dueText(task) };
    case 'backoff':
      return backoffOf(task, now);
    case 'in-doubt':
      return doubtOf(task, now);
    case 'waiting':
      return place && atGate(task, place, now);
    default:
      return undefined;
  }
}

function dueText({ slot, updatedAt }: Task): string {
  const state = slot ? 'has a slot, and its attempt is about to begin' : 'is about to ask for a slot';
  return `${state}, ${sinceText(updatedAt)}; if its message was lost, it is found again within a minute`;
}

function backoffOf(task: Task, now: number): Wait {
  const attempt = latestAttempt(task);
  const { nextAttemptAt: until = now } = task;
  const met = attempt?.failure ? ` with ${attempt.failure.level} ${attempt.failure.code}` : '';
  return {
    reason: 'backoff',
    until,
    text: `attempt ${task.attemptCount} ended${met}; the next one begins ${inText(until, now)}`,
  };
}

function doubtOf(task: Task, now: number): Wait {
  const until = task.due?.at;
  const end = until === undefined ? '' : `, which is over ${inText(until, now)}`;
  return {
    reason: 'answer-lost',
    ...(until !== undefined && { until }),
    text: `Get3W's answer to attempt ${task.attemptCount} was lost; nothing is submitted again during the doubt${end}`,
  };
}

/** The reasons in the order in which the gate asks: what stops all tasks comes before what stops one model's. */
function atGate(task: Task, place: WaitingPlace, now: number): Wait {
  const { gate, health } = place;
  const { operatorPause, pause } = gate;
  if (operatorPause && isStopped(gate, now)) {
    // Not why: the reason is among operators, and this text is the client's.
    const { since, until } = operatorPause;
    const end = until === undefined ? '' : `; they go on ${inText(until, now)}`;
    const text = `an operator paused all submits ${sinceText(since)}${end}`;
    return { reason: 'operator-pause', ...(until !== undefined && { until }), text };
  }
  if (pause?.reason === 'account') {
    const text = `Get3W refused the relay's key with ${pause.status} ${sinceText(pause.since)}; next trial ${inText(pause.probeAt, now)}`;
    return { reason: 'account-refused', until: pause.probeAt, text };
  }
  if (pause && pause.until > now) {
    const text = `Get3W limits the relay's submits with 429 ${sinceText(pause.since)}; they go on ${inText(pause.until, now)}`;
    return { reason: 'limited', until: pause.until, text };
  }
  return (health && atCircuit(task.model, health, now)) ?? inQueue(place);
}

function atCircuit(model: string, health: ModelHealth, now: number): Wait | undefined {
  const { circuit } = health;
  if (!circuit) return undefined;
  if (circuitState(circuit, now) === 'open') {
    const text = `circuit of ${model} open ${sinceText(circuit.since)}, because nearly all its attempts failed; next trial ${inText(circuit.probeAt, now)}`;
    return { reason: 'circuit-open', until: circuit.probeAt, text };
  }
  if (modelAllowance(health, now) > 0) return undefined;
  const text = `circuit of ${model} on trial ${sinceText(circuit.probeAt)}: ${health.probesInFlight} of its tasks are at Get3W, and their outcomes decide`;
  return { reason: 'circuit-probing', text };
}

function inQueue({ gate, tasks, before }: WaitingPlace): Wait {
  const slots = `all ${slotLimit(gate)} slots are in use`;
  // The count and the queue are read one after the other: a task is never behind the end of its own queue.
  const place = before === undefined ? 'far back' : `place ${before + 1}`;
  const all = before === undefined ? tasks : Math.max(tasks, before + 1);
  return { reason: 'slots-in-use', text: `${slots}; ${place} of ${all} in its queue` };
}
