// The doorbells: what SQS messages carry, and how they are read. Ids and the attempt they are about, nothing else:
// the row is the truth, so a stale, doubled or lost message can do no harm.

export type Queue = 'dispatch' | 'settle' | 'deliver';

export type Doorbell =
  /** About the attempt that is to be made (dispatch) or looked at (settle). */
  | { readonly kind: 'task'; readonly taskId: string; readonly attempt: number }
  /** The gate asked to be looked at: a pause ends, a probe is due. */
  | { readonly kind: 'gate'; readonly gateId: string }
  /** A delivery is to be attempted. */
  | { readonly kind: 'delivery'; readonly deliveryId: string; readonly attempt: number };

export interface Bell {
  readonly queue: Queue;
  readonly doorbell: Doorbell;
  /** At most 900,000; rounded up to whole seconds, as SQS counts. */
  readonly delayMs: number;
  /** Fair-queue group: the account where there is one. */
  readonly group?: string | undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length < 200;
const isNumber = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** @returns undefined for a body that no version of the relay sends: a fault, to be left to the dead-letter queue. */
export const parseDoorbell = (body: string): Doorbell | undefined => {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { kind, taskId, attempt, gateId, deliveryId } = fields;
  if (kind === 'task' && isText(taskId) && isNumber(attempt)) return { kind, taskId, attempt };
  if (kind === 'gate' && isText(gateId)) return { kind, gateId };
  if (kind === 'delivery' && isText(deliveryId) && isNumber(attempt)) return { kind, deliveryId, attempt };
  return undefined;
};
