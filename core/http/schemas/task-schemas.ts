// The messages about tasks: the body of a submit, the task as answers show it, and the list of tasks.
// Held equal to public-task.ts by the compiler, and to real answers by the system tests.
import * as z from 'zod';
import { anyJson, moment, named, nextCursor, ownerField, uuid } from './named.ts';
import { chargeStates } from '../../domain/money/charge.ts';
import { keepCauses } from '../../domain/media/keep-job.ts';
import { taskStatuses } from '../../domain/task/task.ts';
import type { PublicKeptOutput } from '../public-outputs.ts';
import type { ShownMoney } from '../../domain/money/shown-money.ts';
import { waitReasons } from '../../domain/gate/why-waiting.ts';
import type { PublicAttempt, PublicTask, PublicTaskDetails, PublicWait } from '../public-task.ts';

export const submitBodySchema = named(
  'SubmitBody',
  "The model's own parameters, passed on to Get3W as they come: at least one field, 5,000,000 bytes and 64 levels at most; 4,000,000 bytes without a content type of text or JSON.",
  z
    .looseObject({ prompt: anyJson.optional().meta({ examples: ['A lighthouse at dawn, oil on canvas'] }) })
    .refine((body) => Object.keys(body).length > 0)
    .meta({ minProperties: 1 }),
);

export const acceptedTaskSchema = named(
  'AcceptedTask',
  'What a submit answers at once.',
  z.strictObject({
    id: uuid,
    status: z.literal('created'),
    estimated_duration: z
      .int()
      .min(1)
      .meta({ description: 'Seconds until the task ends, as far as the gate can tell; a hint.', examples: [12] }),
  }),
);

export const erasedTaskSchema = named(
  'ErasedTask',
  'What erasing a task answers.',
  z.strictObject({ id: uuid, status: z.literal('erased'), erased_at: moment }),
);

const doubtSchema = z.strictObject({
  reason: z.string(),
  since: moment,
  resolution: z.string().nullable().meta({ description: 'How the doubt ended; null while it lasts.' }),
});

const attemptSchema = named(
  'Attempt',
  'One submit of the task to Get3W.',
  z.strictObject({
    attempt: z.int().min(1).meta({ description: '1 for the first.' }),
    status: z.enum(['submitting', 'in_doubt', 'running', 'completed', 'failed', 'refused', 'abandoned']),
    request_id: z.string().nullable().meta({ description: "Get3W's id of the task, once it is known." }),
    level: z
      .enum(['http', 'task', 'transport'])
      .nullable()
      .meta({ description: 'Where the error showed itself; null without one.' }),
    code: z.union([z.int(), z.string()]).nullable().meta({
      description: 'HTTP status, task code or the name of a transport error; 0 for success, null while open.',
    }),
    error: z.string().nullable(),
    started_at: moment,
    accepted_at: moment.nullable(),
    ended_at: moment.nullable(),
    delay_ms: z.int().min(0).nullable().meta({ description: 'Milliseconds of backoff after this attempt.' }),
    doubt: doubtSchema.exactOptional().meta({ description: 'Present where the answer of this attempt was lost.' }),
    unused_success: z
      .literal(true)
      .exactOptional()
      .meta({ description: 'Present where it succeeded without being the success that the task ended with.' }),
  }),
) satisfies z.ZodType<PublicAttempt>;

/** What Get3W's own task object has, in an answer or a webhook. */
const taskFields = {
  id: uuid,
  model: z
    .string()
    .meta({ description: '`vendor/model/task`.', examples: ['black-forest-labs/flux-dev/text-to-image'] }),
  status: z.enum(['created', 'processing', 'completed', 'failed', 'cancelled', 'damaged']),
  code: z.int().nullable().meta({ description: 'Task code: 0 for success, null until the task has ended.' }),
  outputs: anyJson.meta({ description: "Get3W's own outputs, most often addresses; null without them." }),
  error: z.string().nullable(),
  created_at: moment,
  completed_at: moment.nullable().meta({ description: 'When it ended, however it ended.' }),
};

const micros = z.int().min(0);

const moneySchema = named(
  'Money',
  'What a task costs, in micro-dollars; docs/money.md says which end costs what.',
  z.strictObject({
    price_micros: micros.meta({ description: 'By the price table at its submit.', examples: [40_000] }),
    charged_micros: micros.meta({ description: 'The price once it is charged, else 0.' }),
    state: z.enum(['reserved', 'charged', 'in_doubt', 'given_back']),
    reason: z.enum(Object.keys(chargeStates).map((reason) => reason.replaceAll('-', '_'))).meta({
      description: 'Why; `late_success`: it succeeded after the relay had ended it.',
    }),
  }),
) satisfies z.ZodType<ShownMoney>;

const waitSchema = named(
  'Wait',
  'Why a task is not at Get3W just now.',
  z.strictObject({
    reason: z.enum(waitReasons.map((reason) => reason.replaceAll('-', '_'))),
    until: moment
      .nullable()
      .meta({ description: 'When it goes on or is tried next; null where that depends on others.' }),
    text: z.string().meta({
      description: 'The reason as a sentence.',
      examples: ['all 20 slots are in use; place 14 of 601 in its queue'],
    }),
  }),
) satisfies z.ZodType<PublicWait>;

const detailsSchema = named(
  'TaskDetails',
  'What the submit of a task said, and until when the task may take.',
  z.strictObject({
    input: anyJson.meta({ description: 'As its client sent it; null unless `input_state` is `shown`.' }),
    input_state: z
      .enum(['shown', 'too_long', 'gone'])
      .meta({ description: '`too_long`: above 256 KiB. `gone`: it is in no store any more.' }),
    input_bytes: z.int().min(0),
    deadline_at: moment.meta({ description: 'When the relay ends it if nothing else has.' }),
    priority_seconds: z.number().min(0).meta({ description: "By how much it jumps ahead in its account's queue." }),
    correlation_id: z.string().nullable().meta({ description: 'Of the call that submitted it; the log names it.' }),
    webhook: z.string().nullable().meta({ description: 'The `webhook` of its submit.' }),
  }),
) satisfies z.ZodType<PublicTaskDetails>;

const keptOutputSchema = named(
  'KeptOutput',
  'What has become of one output: the copy that the relay keeps of it, or why there is none.',
  z.strictObject({
    source: z.string().meta({ description: "Get3W's own address, which dies after about seven days." }),
    state: z.enum(['pending', 'kept', 'lost']),
    url: z.string().nullable().meta({
      description:
        'Where the copy is. In an answer it is signed, for an hour at most; in events and webhooks it is an address of the relay that stays good.',
    }),
    key: z.string().nullable().meta({ description: "Its key in the relay's bucket." }),
    bytes: z.int().min(0).nullable(),
    sha256: z.string().nullable().meta({ description: 'Of its bytes, hex.' }),
    content_type: z
      .string()
      .nullable()
      .meta({ description: 'As its first bytes show it.', examples: ['image/png'] }),
    width: z.int().nullable().meta({ description: 'Pixels; of PNG, JPEG, WebP and GIF.' }),
    height: z.int().nullable(),
    kept_at: moment.nullable(),
    cause: z.enum(keepCauses).nullable().meta({ description: 'Why it is lost, or why the last try failed.' }),
  }),
) satisfies z.ZodType<PublicKeptOutput>;

const keptOutputs = z.array(keptOutputSchema).exactOptional();

export const redirectSchema = named('Redirect', 'Where to fetch it.', z.strictObject({ url: z.string() }));

const relayFields = {
  account: ownerField,
  updated_at: moment,
  next_attempt_at: moment.nullable().meta({ description: 'End of the backoff that the task is in.' }),
  phase: z
    .enum([...taskStatuses, 'damaged'])
    .meta({ description: 'What the relay is doing with the task, finer than `status`.' }),
  money: moneySchema.nullable().meta({ description: 'Null where the price table knew no price.' }),
  correlation_id: z
    .string()
    .nullable()
    .exactOptional()
    .meta({ description: 'The `X-Request-Id` of its submit, or the trace id of its `traceparent`.' }),
  attempts: z.array(attemptSchema).meta({ description: 'The newest 40, oldest first.' }),
  kept_outputs: keptOutputs.meta({ description: 'Present once a task that keeps its outputs has completed.' }),
};

export const taskSchema = named(
  'Task',
  'A task in its present state; `damaged` when its record is damaged and an operator has to end it.',
  z.strictObject({
    ...taskFields,
    ...relayFields,
    waits: waitSchema.nullable().exactOptional().meta({
      description: "Only with `explain=true`: why it waits; null when it waits for nothing of the relay's.",
    }),
    details: detailsSchema.exactOptional().meta({ description: 'Only with `details=true`.' }),
  }),
) satisfies z.ZodType<PublicTask>;

export const repeatedTaskSchema = named(
  'RepeatedTask',
  'The answer to a submit with a used `Idempotency-Key`: the task in its present state.',
  z.strictObject({
    ...taskFields,
    ...relayFields,
    estimated_duration: z.int().min(0).meta({ description: 'Seconds until it ends; 0 once it has.' }),
  }),
);

/** A page of a list; the client asks for the next one with its cursor. */
export const taskListSchema = named(
  'TaskList',
  'Tasks, in the order that was asked for.',
  z.strictObject({
    data: z.array(taskSchema),
    next_cursor: nextCursor,
    count: z
      .strictObject({
        tasks: z.int().min(0),
        at_least: z.boolean().meta({ description: 'True when there may be more: show it as "10,000+".' }),
      })
      .exactOptional()
      .meta({ description: 'Only with `count=true`: how many tasks the list has on all of its pages.' }),
  }),
);

/** The task of an event, as Get3W's own webhook has it. */
export const endedTaskSchema = named(
  'EndedTask',
  'A task that has ended, as in events and webhooks.',
  z.strictObject({
    ...taskFields,
    status: z.enum(['completed', 'failed', 'cancelled']),
    completed_at: moment,
    money: moneySchema.exactOptional().meta({ description: 'Present where the price table knew a price.' }),
    kept_outputs: keptOutputs.meta({
      description: 'Present in events about outputs, and in the end of a task that was held for them.',
    }),
  }),
);
