// The doorbells: what SQS messages carry, and how they are read. Only ids and the attempt they are about:
// the row is the truth, so a stale, duplicated or lost message does no harm. One carries a hint besides: what Get3W said of
// an attempt, which counts once the row has it, and which a poll replaces where the message is lost.

export const queueNames = ['dispatch', 'settle', 'deliver', 'keep', 'jobs'] as const;

export type Queue = (typeof queueNames)[number];

export type Doorbell =
  /** The attempt that is to be made (dispatch) or polled (settle). */
  | {
      readonly kind: 'task';
      readonly taskId: string;
      readonly attempt: number;
      /**
       * For settle: which poll of the attempt it requests, so that a duplicated doorbell starts no second series of
       * polls.
       */
      readonly poll?: number;
    }
  /** Get3W's callback told an outcome that is still to be recorded; `body` is what it sent. For settle. */
  | { readonly kind: 'outcome'; readonly taskId: string; readonly attempt: number; readonly body: string }
  /** The gate needs an allocation: a pause ends, a probe is due. */
  | { readonly kind: 'gate'; readonly gateId: string }
  /** An event was recorded: fan it out to the lanes of its receivers. */
  | { readonly kind: 'event'; readonly accountId: string; readonly position: number; readonly eventId: string }
  /** A receiver's lane has an entry, or will have one by the time this is received. */
  | { readonly kind: 'lane'; readonly laneId: string; readonly accountId: string }
  /** A task's outputs are to be kept, or what was kept of them is to be deleted. */
  | { readonly kind: 'keep'; readonly taskId: string }
  /** A bulk job has another step to do. */
  | { readonly kind: 'job'; readonly jobId: string };

/** A doorbell with the id of its message, so that a single failure can be returned; a batch may contain one twice. */
export interface ReceivedDoorbell {
  readonly messageId: string;
  readonly doorbell: Doorbell;
}

export interface OutgoingDoorbell {
  readonly queue: Queue;
  readonly doorbell: Doorbell;
  /** At most 900,000; rounded up to whole seconds, as SQS counts. */
  readonly delayMs: number;
  /** Fair-queue group: the account, if there is one. */
  readonly group?: string | undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length < 200;
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** @returns undefined for a body that no version of the relay sends: a fault, left to the dead-letter queue. */
export function parseDoorbell(body: string): Doorbell | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  return doorbellOf(fields);
}

function doorbellOf(fields: Readonly<Record<string, unknown>>): Doorbell | undefined {
  const { kind } = fields;
  if (kind === 'task') return taskDoorbell(fields);
  if (kind === 'outcome') return outcomeDoorbell(fields);
  if (kind === 'event') return eventDoorbell(fields);
  return idDoorbell(fields);
}

/** Those that are ids and nothing else. */
function idDoorbell({ kind, gateId, accountId, laneId, taskId, jobId }: Readonly<Record<string, unknown>>) {
  if (kind === 'keep' && isText(taskId)) return { kind, taskId } as const;
  if (kind === 'job' && isText(jobId)) return { kind, jobId } as const;
  if (kind === 'gate' && isText(gateId)) return { kind, gateId } as const;
  if (kind === 'lane' && isText(laneId) && isText(accountId)) return { kind, laneId, accountId } as const;
  return undefined;
}

function taskDoorbell({ taskId, attempt, poll }: Readonly<Record<string, unknown>>): Doorbell | undefined {
  return isText(taskId) && isNumber(attempt)
    ? { kind: 'task', taskId, attempt, ...(isNumber(poll) && { poll }) }
    : undefined;
}

function outcomeDoorbell({ taskId, attempt, body }: Readonly<Record<string, unknown>>): Doorbell | undefined {
  return isText(taskId) && isNumber(attempt) && typeof body === 'string'
    ? { kind: 'outcome', taskId, attempt, body }
    : undefined;
}

function eventDoorbell({ accountId, position, eventId }: Readonly<Record<string, unknown>>): Doorbell | undefined {
  return isText(accountId) && isNumber(position) && isText(eventId)
    ? { kind: 'event', accountId, position, eventId }
    : undefined;
}
