// How the fields of a task are named in its row: the one mapping file. A row under 1 KB costs half of one above it, in each
// of its writes, so names are short, times count from the task's creation, and what goes without saying is left out.
// Once a relay has been deployed a stored name never gets another meaning; a field of the domain may be renamed freely.
import type { Attempt, Doubt, Due, Failure, Lease, Task, TaskResult } from '../../domain/task/task.ts';
import type { Slot, Ticket } from '../../domain/task/slot.ts';

/** How a value is written: as it is, a time, a SHA-256 in hex, or a UUID. */
export type StoredForm = 'plain' | 'time' | 'digest' | 'uuid';

export interface StoredField {
  readonly as: string;
  readonly form?: StoredForm;
  /** The value that is left out. */
  readonly unless?: number | boolean | string;
  /** What is in it, where it is an object, or a list of such. */
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
} as const satisfies FieldsOf<Ticket>;
const lease = { id: { as: 'i', form: 'uuid' }, until: { as: 'u', form: 'time' } } as const satisfies FieldsOf<Lease>;
const due = { at: { as: 'a', form: 'time' }, by: { as: 'b', unless: 'doorbell' } } as const satisfies FieldsOf<Due>;
const result = { code: { as: 'c' }, outputs: { as: 'o' }, error: { as: 'e' } } as const satisfies FieldsOf<TaskResult>;

/** What is not here stands beside the text as attributes: keys and conditions are made of it, or a damaged row is told by it. */
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
  charged: { as: 'z', unless: false },
} as const satisfies FieldsOf<
  Omit<Task, 'id' | 'accountId' | 'version' | 'model' | 'status' | 'isUncounted' | 'correlationId' | 'input'>
>;
