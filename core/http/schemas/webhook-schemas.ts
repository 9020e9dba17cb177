// The messages about webhooks: endpoints, their deliveries, the account's events, and the bodies that receivers get.
// Held equal to public-webhook.ts by the compiler, and to real answers by the system tests.
import * as z from 'zod';
import { endedTaskSchema } from './task-schemas.ts';
import { givenMoment, moment, named, nextCursor, ownerField } from './named.ts';
import { deliveryStatuses } from '../../domain/webhook/delivery.ts';
import { eventTypes } from '../../domain/webhook/outbox-event.ts';
import { headerNamePattern, headerValuePattern } from '../../domain/webhook/webhook-endpoint.ts';
import { endpointShapes } from '../../domain/webhook/webhook-body.ts';
import type { PublicDelivery, PublicDeliveryAttempt, PublicEndpoint, PublicEvent } from '../public-webhook.ts';

const endpointId = z.string().regex(/^we_[0-9a-f-]{36}$/);
const eventId = z
  .string()
  .regex(/^evt_/)
  .meta({ examples: ['evt_019a3f0e-5c1d-7b2a-9d44-6f1c2b3a4d5e_1'] });
const schemes = z.enum(['v1', 'v1a']);
const secretText = z.string().meta({ description: 'Shown by this answer only.', examples: ['whsec_…'] });
const headersSchema = z.record(z.string(), z.string());
/** Some names are the relay's own or mislead receivers: those it refuses by name. */
const givenHeaders = z.record(z.string().regex(headerNamePattern), z.string().regex(headerValuePattern));

/** Fields that a registration may set and a change may change. */
const endpointFields = {
  url: z
    .url({ protocol: /^https?$/ })
    .meta({ description: 'A public https address.', examples: ['https://example.com/hooks'] }),
  description: z.string().min(1).max(200).nullable(),
  events: z.array(z.enum(eventTypes)).min(1).nullable().meta({ description: 'Null for all that the shape can carry.' }),
  rate_limit: z.number().min(0.01).max(1_000).nullable().meta({ description: 'Calls a second; null for no limit.' }),
  headers: givenHeaders.nullable().meta({ description: 'Sent with every call: 20 and 4,096 bytes at most.' }),
  shape: z.enum(endpointShapes).meta({ description: "`event`: Standard Webhooks; `get3w`: Get3W's bare task." }),
  signatures: z
    .array(schemes)
    .refine((given) => given.includes('v1'))
    .meta({ description: '`["v1"]` or `["v1", "v1a"]`.', contains: { const: 'v1' } }),
  disabled: z.boolean(),
};

// Two schemas of the same fields: a registration needs the address, a change needs nothing.
export const endpointChangeSchema = named(
  'EndpointChange',
  'Changes of an endpoint; an absent field stays unchanged, null removes it.',
  z.strictObject(endpointFields).partial(),
);

export const newEndpointSchema = named(
  'NewEndpoint',
  'An endpoint to be registered.',
  z.strictObject(endpointFields).partial().required({ url: true }),
);

export const endpointSchema = named(
  'Endpoint',
  'A registered endpoint and its condition. Its secrets are never shown again.',
  z.strictObject({
    account: ownerField,
    id: endpointId,
    url: z.string(),
    description: z.string().nullable(),
    events: z.array(z.enum(eventTypes)).nullable(),
    rate_limit: z.number().nullable(),
    headers: headersSchema,
    shape: z.enum(endpointShapes),
    signatures: z.array(schemes),
    public_key: z.string().nullable().meta({ description: 'The key that verifies v1a signatures.' }),
    secrets: z
      .array(z.strictObject({ scheme: schemes, created_at: moment, retires_at: moment.nullable() }))
      .meta({ description: 'Those in force, newest first.' }),
    disabled: z.boolean(),
    disabled_at: moment.nullable(),
    disabled_reason: z.enum(['owner', 'gone', 'failing']).nullable(),
    failing_since: moment.nullable().meta({ description: 'Since when every call has failed.' }),
    paused_until: moment.nullable(),
    oldest_undelivered_at: moment
      .nullable()
      .meta({ description: 'Of the event that has waited longest for its delivery.' }),
    pending: z.int().min(0).meta({ description: 'Deliveries that wait; counting stops at 100.' }),
    pending_at_least: z.boolean().meta({ description: 'Whether counting stopped there.' }),
    last_answer: z
      .strictObject({ at: moment, http_status: z.int().nullable(), cause: z.string().nullable() })
      .nullable()
      .meta({ description: 'The last call that was noted: those of a healthy receiver are not.' }),
    created_at: moment,
    updated_at: moment,
  }),
) satisfies z.ZodType<PublicEndpoint>;

export const createdEndpointSchema = named(
  'CreatedEndpoint',
  'The endpoint, and its secret, which no other answer shows.',
  z.strictObject({ ...endpointSchema.shape, secret: secretText }),
);

export const endpointListSchema = named(
  'EndpointList',
  'Endpoints, oldest first; of all accounts, account by account.',
  z.strictObject({ data: z.array(endpointSchema), next_cursor: nextCursor }),
);

export const rotateSchema = named(
  'SecretRotation',
  'How long the previous secret signs beside the new one.',
  z.strictObject({ overlap_seconds: z.int().min(0).max(2_592_000).optional() }),
);

export const rotatedSchema = named(
  'RotatedSecret',
  'The new secret, which no other answer shows.',
  z.strictObject({
    secret: secretText,
    public_key: z.string().nullable(),
    previous_valid_until: moment,
  }),
);

export const deliveryAttemptSchema = named(
  'DeliveryAttempt',
  'One call of a receiver.',
  z.strictObject({
    attempt: z.int().min(1),
    replay: z.int().min(0).meta({ description: '0, or the number of the replay that it belongs to.' }),
    started_at: moment,
    duration_ms: z.number().min(0),
    http_status: z.int().nullable(),
    cause: z.enum(['dns', 'address', 'connect', 'tls', 'timeout', 'connection', 'status']).nullable(),
    error: z.string().nullable(),
    answer: z.string().nullable().meta({ description: "The start of the answer's body." }),
  }),
) satisfies z.ZodType<PublicDeliveryAttempt>;

export const deliverySchema = named(
  'Delivery',
  'One event on its way to one receiver.',
  z.strictObject({
    account: ownerField,
    id: z.string(),
    status: z.enum(deliveryStatuses),
    reason: z
      .enum(['attempts', 'gone', 'too_old', 'endpoint_deleted'])
      .nullable()
      .meta({ description: 'Why it is exhausted.' }),
    event_id: eventId,
    event_type: z.enum(eventTypes),
    request_id: z.string().nullable().meta({ description: 'The task that the event is about.' }),
    endpoint_id: endpointId.nullable().meta({ description: 'Null for the `?webhook=` of a submit.' }),
    receiver: z.string(),
    replays: z.int().min(0),
    attempt_count: z.int().min(0),
    attempts: z.array(deliveryAttemptSchema),
    next_attempt_at: moment.nullable(),
    waits: z
      .strictObject({ reason: z.string(), until: moment.nullable() })
      .nullable()
      .meta({ description: 'Why it is not called just now, and when it goes on.' }),
    delivered_at: moment.nullable(),
    created_at: moment,
    updated_at: moment,
  }),
) satisfies z.ZodType<PublicDelivery>;

export const deliveryListSchema = named(
  'DeliveryList',
  'Deliveries, newest first.',
  z.strictObject({ data: z.array(deliverySchema), next_cursor: nextCursor }),
);

export const taskDeliveriesSchema = named(
  'TaskDeliveries',
  'The deliveries of a task, newest event first.',
  z.strictObject({ data: z.array(deliverySchema), next_cursor: nextCursor.optional() }),
);

/** `type` shows the kind of an event; each kind has its own data. */
const endpointDisabledData = z.strictObject({
  endpoint_id: endpointId,
  url: z.string(),
  reason: z.enum(['gone', 'failing']),
  disabled_at: moment,
  failing_since: moment.nullable(),
});

const deliveryExhaustedData = z.strictObject({
  delivery_id: z.string(),
  endpoint_id: endpointId.nullable(),
  event_id: eventId,
  event_type: z.enum(eventTypes),
  request_id: z.string().nullable(),
  reason: z.enum(['attempts', 'gone', 'too_old', 'endpoint_deleted']).nullable(),
  attempts: z.int().min(0),
});

const budgetThresholdData = z.strictObject({
  budget: z.enum(['balance', 'day', 'month']),
  percent: z.union([z.literal(50), z.literal(80), z.literal(100)]),
  reason: z.enum(['reached', 'refused']).meta({
    description: 'What reached it: the amount that is spent or reserved, or a task that was refused for it.',
  }),
  limit_micros: z
    .int()
    .meta({ description: 'The budget; of a balance, what it was when it was last set or added to.' }),
  spent_micros: z
    .int()
    .meta({ description: 'Of it, with what is reserved, as far as the submit knew that reached it.' }),
  renews_at: moment.nullable().meta({ description: 'When the next day or month begins; null for a balance.' }),
});

const taskEventTypes = [
  'task.completed',
  'task.failed',
  'task.cancelled',
  'task.outputs-kept',
  'task.outputs-lost',
] as const;

/** The data of each kind of event, by type. */
const eventKinds = {
  task: { type: z.enum(taskEventTypes), timestamp: moment, data: endedTaskSchema },
  disabled: { type: z.literal('endpoint.disabled'), timestamp: moment, data: endpointDisabledData },
  exhausted: { type: z.literal('delivery.exhausted'), timestamp: moment, data: deliveryExhaustedData },
  budget: { type: z.literal('budget.threshold'), timestamp: moment, data: budgetThresholdData },
};

export const eventSchema = named(
  'Event',
  'An event of the account, as in a webhook of the event shape, with its id.',
  z.discriminatedUnion('type', [
    z.strictObject({ account: ownerField, id: eventId, ...eventKinds.task }),
    z.strictObject({ account: ownerField, id: eventId, ...eventKinds.disabled }),
    z.strictObject({ account: ownerField, id: eventId, ...eventKinds.exhausted }),
    z.strictObject({ account: ownerField, id: eventId, ...eventKinds.budget }),
  ]),
) satisfies z.ZodType<PublicEvent>;

export const eventListSchema = named(
  'EventList',
  'Events, oldest first. `next_cursor` is never null: a reader that has everything asks again with it later.',
  z.strictObject({ data: z.array(eventSchema), next_cursor: z.string() }),
);

export const recoverySchema = named(
  'Recovery',
  'Since when the endpoint is to get what it has missed; `cursor` continues an earlier call.',
  z.strictObject({ since: givenMoment, cursor: z.string().nullable().optional() }),
);

export const recoveredSchema = named(
  'Recovered',
  'How far this call came. Call again with `next_cursor` until `done`.',
  z.strictObject({
    since: moment,
    done: z.boolean(),
    examined: z.int().min(0),
    recovered: z.int().min(0),
    skipped: z.int().min(0),
    under_way: z.int().min(0),
    next_cursor: nextCursor,
  }),
);

export const endpointTestSchema = named(
  'EndpointTest',
  "The self-test's verdict: calls that a correct receiver accepts, and forged ones that it refuses.",
  z.strictObject({
    endpoint_id: endpointId,
    url: z.string(),
    webhook_id: z.string(),
    passed: z.boolean(),
    wrongly_taken: z.array(z.string()),
    wrongly_refused: z.array(z.string()),
    not_answered: z.array(z.string()),
    deliveries: z.array(
      z.strictObject({
        name: z.string(),
        expected: z.enum(['taken', 'refused']),
        taken: z.boolean().nullable(),
        http_status: z.int().nullable(),
        cause: z.enum(['dns', 'address', 'connect', 'tls', 'timeout', 'connection']).nullable(),
        duration_ms: z.number().min(0),
        advice: z.string().nullable(),
      }),
    ),
  }),
);

export const webhookSchema = named(
  'Webhook',
  'The body of a webhook of the `event` shape, as Standard Webhooks has it.',
  z.discriminatedUnion('type', [
    z.strictObject(eventKinds.task),
    z.strictObject(eventKinds.disabled),
    z.strictObject(eventKinds.exhausted),
    z.strictObject(eventKinds.budget),
  ]),
);

export const bridgeWebhookSchema = named(
  'TaskWebhook',
  "The body of the `?webhook=` of a submit: Get3W's task object, with the event's `type`, `timestamp` and `data` beside it.",
  z.strictObject({ ...endedTaskSchema.shape, ...eventKinds.task }),
);
