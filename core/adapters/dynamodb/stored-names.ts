// The one mapping from fields of tasks, events, deliveries, lanes and endpoints to their stored names. Each write of a
// row under 1 KB costs half of one above, so names are short, times count from the task's creation, and default values
// are left out. Once a relay has been deployed, a stored name never gets another meaning; a field of the domain may be
// renamed freely.
import type { TaskMoney } from '../../domain/money/charge.ts';
import type { Attempt, Doubt, Due, Failure, Lease, Task, TaskResult } from '../../domain/task/task.ts';
import type { KeepJob, KeptOutput } from '../../domain/media/keep-job.ts';
import type { Delivery, DeliveryAttempt } from '../../domain/webhook/delivery.ts';
import type { Lane } from '../../domain/webhook/lane.ts';
import type { EventKey, OutboxEvent } from '../../domain/webhook/outbox-event.ts';
import type { AccountSigning, WebhookEndpoint } from '../../domain/webhook/webhook-endpoint.ts';
import type { WebhookSecret } from '../../domain/webhook/webhook-secrets.ts';
import type { Slot, Ticket } from '../../domain/task/slot.ts';

/** How a value is written: as it is, as a time, as a digest in hex, or as a UUID. */
type StoredForm = 'plain' | 'time' | 'digest' | 'uuid';

export interface StoredField {
  readonly as: string;
  readonly form?: StoredForm;
  /** The default value, which is left out. */
  readonly unless?: number | boolean | string | null;
  /** The fields of an object, or of each object of a list. */
  readonly fields?: StoredFields;
}

export type StoredFields = Readonly<Record<string, StoredField>>;

type FieldsOf<Shape> = { readonly [Name in keyof Required<Shape>]: StoredField };

const failure = {
  level: { as: 'l' },
  code: { as: 'c' },
  text: { as: 't' },
} as const satisfies FieldsOf<Failure>;

const doubt = {
  failure: { as: 'f', fields: failure },
  since: { as: 's', form: 'time' },
  resolution: { as: 'r' },
} as const satisfies FieldsOf<Doubt>;

const attempt = {
  number: { as: 'n' },
  state: { as: 's', unless: 'closed' },
  startedAt: { as: 'b', form: 'time' },
  callbackDigest: { as: 'd', form: 'digest' },
  circuitProbe: { as: 'cp', unless: false },
  accountProbe: { as: 'ap', unless: false },
  rank: { as: 'r' },
  acceptedAt: { as: 'a', form: 'time' },
  upstreamId: { as: 'u', form: 'uuid' },
  estimatedMs: { as: 'm' },
  endedAt: { as: 'e', form: 'time' },
  outcome: { as: 'o' },
  failure: { as: 'f', fields: failure },
  delayMs: { as: 'w' },
  doubt: { as: 'q', fields: doubt },
  polls: { as: 'p', unless: 0 },
  unusedSuccess: { as: 'us' },
  isLateFailure: { as: 'lf' },
} as const satisfies FieldsOf<Attempt>;

const slot = {
  kind: { as: 'k', unless: 'fresh' },
  circuitProbe: { as: 'cp', unless: false },
  accountProbe: { as: 'ap', unless: false },
  rank: { as: 'r' },
  grantedAt: { as: 'g', form: 'time' },
} as const satisfies FieldsOf<Slot>;

const ticket = {
  kind: { as: 'k', unless: 'fresh' },
  order: { as: 'o', form: 'time' },
  version: { as: 'v' },
} as const satisfies FieldsOf<Ticket>;
const lease = { id: { as: 'i', form: 'uuid' }, until: { as: 'u', form: 'time' } } as const satisfies FieldsOf<Lease>;
const due = { at: { as: 'a', form: 'time' }, by: { as: 'b', unless: 'doorbell' } } as const satisfies FieldsOf<Due>;
const result = {
  code: { as: 'c', unless: 0 },
  outputs: { as: 'o' },
  error: { as: 'e', unless: null },
} as const satisfies FieldsOf<TaskResult>;

const money = {
  priceMicros: { as: 'p' },
  day: { as: 'd' },
  reason: { as: 'r', unless: 'completed' },
  isSpent: { as: 's' },
} as const satisfies FieldsOf<TaskMoney>;

/**
 * Fields missing here are attributes beside the text: keys and conditions need them, or the report of a damaged row
 * does.
 */
export const storedTask = {
  gateId: { as: 'g', unless: 'default' },
  createdAt: { as: 'c' },
  updatedAt: { as: 'u', form: 'time' },
  acceptedAt: { as: 'ac', form: 'time' },
  deadlineAt: { as: 'd', form: 'time' },
  endedAt: { as: 'e', form: 'time' },
  ends: { as: 'n', unless: 0 },
  priorityMs: { as: 'p', unless: 0 },
  weight: { as: 'w', unless: 1 },
  webhookUrl: { as: 'h' },
  inputBytes: { as: 'b' },
  attempts: { as: 'a', fields: attempt },
  attemptCount: { as: 't', unless: 0 },
  failures: { as: 'f' },
  slot: { as: 'o', fields: slot },
  ticket: { as: 'q', fields: ticket },
  lease: { as: 'l', fields: lease },
  nextAttemptAt: { as: 'j', form: 'time' },
  due: { as: 'y', fields: due },
  sweepAt: { as: 'sw', form: 'time' },
  result: { as: 'r', fields: result },
  money: { as: 'z', fields: money },
  keep: { as: 'k' },
  inputId: { as: 'i' },
} as const satisfies FieldsOf<
  Omit<
    Task,
    'id' | 'accountId' | 'version' | 'model' | 'status' | 'isUncounted' | 'correlationId' | 'input' | 'openEnds'
  >
>;

type AllKeysOf<Union> = Union extends unknown ? keyof Union : never;

const keptOutput = {
  state: { as: 's', unless: 'pending' },
  tries: { as: 't', unless: 0 },
  cause: { as: 'c' },
  keptAt: { as: 'a', form: 'time' },
  key: { as: 'k' },
  bytes: { as: 'b' },
  sha256: { as: 'h', form: 'digest' },
  contentType: { as: 'm' },
  width: { as: 'w' },
  height: { as: 'g' },
} as const satisfies Readonly<Record<AllKeysOf<KeptOutput>, StoredField>>;

/** Its due, its version and whether it is erased are attributes beside the text. */
export const storedKeepJob = {
  taskId: { as: 'i', form: 'uuid' },
  accountId: { as: 'u' },
  end: { as: 'n' },
  endedAt: { as: 'c' },
  mode: { as: 'm', unless: 'after-end' },
  outputs: { as: 'o', fields: keptOutput },
  rounds: { as: 'r', unless: 0 },
  token: { as: 't' },
  lease: { as: 'l', fields: lease },
  notBefore: { as: 'b', form: 'time' },
  isReleased: { as: 'f' },
  isReported: { as: 'p' },
  events: { as: 'e', fields: { id: { as: 'i' }, position: { as: 'p', form: 'time' } } },
  expiresAt: { as: 'x', form: 'time' },
} as const satisfies FieldsOf<Omit<KeepJob, 'due' | 'version' | 'isErased'>>;

/** An event as the account's log keeps it; `data` is what receivers get, as it is sent. */
export const storedEvent = {
  id: { as: 'i' },
  type: { as: 't' },
  accountId: { as: 'u' },
  at: { as: 'c' },
  taskId: { as: 'k', form: 'uuid' },
  webhookUrl: { as: 'h' },
  data: { as: 'd' },
} as const satisfies FieldsOf<OutboxEvent>;

const deliveryAttempt = {
  number: { as: 'n' },
  replay: { as: 'p', unless: 0 },
  startedAt: { as: 'b', form: 'time' },
  durationMs: { as: 'm' },
  status: { as: 's' },
  answer: { as: 'a' },
  cause: { as: 'c' },
  detail: { as: 'd' },
} as const satisfies FieldsOf<DeliveryAttempt>;

const eventKey = {
  accountId: { as: 'u' },
  position: { as: 'p', form: 'time' },
  id: { as: 'i' },
} as const satisfies FieldsOf<EventKey>;

export const storedDelivery = {
  id: { as: 'i' },
  laneId: { as: 'l' },
  accountId: { as: 'u' },
  event: { as: 'e', fields: eventKey },
  eventAt: { as: 'ea', form: 'time' },
  eventType: { as: 't' },
  taskId: { as: 'k', form: 'uuid' },
  url: { as: 'h' },
  status: { as: 's', unless: 'delivered' },
  reason: { as: 'r' },
  replays: { as: 'p', unless: 0 },
  attemptsOfRound: { as: 'o', unless: 0 },
  attemptCount: { as: 'n', unless: 0 },
  attempts: { as: 'a', fields: deliveryAttempt },
  nextAttemptAt: { as: 'j', form: 'time' },
  expiresAt: { as: 'x', form: 'time' },
  createdAt: { as: 'c' },
  updatedAt: { as: 'w', form: 'time' },
  deliveredAt: { as: 'd', form: 'time' },
  version: { as: 'v' },
} as const satisfies FieldsOf<Delivery>;

export const storedLane = {
  id: { as: 'i' },
  accountId: { as: 'u' },
  strikes: { as: 's', unless: 0 },
  failingSince: { as: 'f' },
  pausedUntil: { as: 'x' },
  pauses: { as: 'p', unless: 0 },
  ramp: { as: 'r' },
  bucket: { as: 'b', fields: { tokens: { as: 't' }, at: { as: 'a' } } },
  doorbellAt: { as: 'n' },
  isProven: { as: 'k' },
  deferrals: { as: 'd' },
  undeliveredSince: { as: 'o' },
  lastAnswer: { as: 'l', fields: { at: { as: 'a' }, status: { as: 's' }, cause: { as: 'c' } } },
  watermark: { as: 'w' },
} as const satisfies FieldsOf<Lane>;

const secret = {
  secret: { as: 's' },
  createdAt: { as: 'c' },
  retiresAt: { as: 'e' },
} as const satisfies FieldsOf<WebhookSecret>;

export const storedEndpoint = {
  id: { as: 'i' },
  accountId: { as: 'u' },
  url: { as: 'h' },
  description: { as: 'd' },
  events: { as: 'e' },
  ratePerSecond: { as: 'r' },
  headers: { as: 'q' },
  shape: { as: 'f', unless: 'event' },
  secrets: { as: 's', fields: secret },
  disabled: { as: 'x', fields: { since: { as: 's' }, reason: { as: 'r' } } },
  recoveringUntil: { as: 'y' },
  createdAt: { as: 'c' },
  updatedAt: { as: 'w' },
  version: { as: 'v' },
} as const satisfies FieldsOf<WebhookEndpoint>;

export const storedSigning = {
  accountId: { as: 'u' },
  secrets: { as: 's', fields: secret },
  version: { as: 'v' },
} as const satisfies FieldsOf<AccountSigning>;
