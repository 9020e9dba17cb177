// The input and answers of each route: the one list behind the OpenAPI document, the reference page and the tests that
// check real answers against it. It has every route of the contract except the console's and Get3W's callback.
import * as z from 'zod';
import { failureSchema } from './error-schemas.ts';
import { gateOperations } from './gate-operations.ts';
import { healthSchema } from './gate-schemas.ts';
import { monitoringOperations } from './monitoring-operations.ts';
import {
  acceptedTaskSchema,
  repeatedTaskSchema,
  submitBodySchema,
  taskListSchema,
  erasedTaskSchema,
  redirectSchema,
  taskSchema,
} from './task-schemas.ts';
import { newUploadSchema, uploadSchema } from './upload-schemas.ts';
import { dryRunSchema } from './money-schemas.ts';
import { flag, givenMoment } from './named.ts';
import { taskListFilters } from './task-list-filters.ts';
import { failureOperations } from './failure-schemas.ts';
import { deadLetterOperations } from './dead-letter-schemas.ts';
import { jobOperations } from './job-schemas.ts';
import { accountOperations } from './account-operations.ts';
import { auditListSchema } from './audit-schemas.ts';
import { anyAccount, cursor, limit, oneAccount, reason } from './operation.ts';
import * as webhooks from './webhook-schemas.ts';
import { auditActions } from '../../domain/audit-entry.ts';
import { limits } from '../../domain/limits.ts';
import { callCauses } from '../../domain/webhook/delivery-filter.ts';
import { deliveryStatuses } from '../../domain/webhook/delivery.ts';
import type { DocumentedRoute, ErrorStatus, Operation, Parameter } from './operation.ts';

/** What any call with a key may answer: the key, the request, the account's rate, and the relay's own faults. */
export const commonErrors: readonly ErrorStatus[] = [400, 401, 403, 429, 500, 503];

export const errorSchema = failureSchema;

/** What a submit is told beside the model's own parameters. */
const submitQuery = {
  sync: { description: `Wait for the end, ${limits.syncWaitMs / 1_000} s at most.`, schema: flag },
  webhook: {
    description: 'A public https address to call when the task ends, URL-encoded.',
    schema: z.url({ protocol: /^https?$/ }),
  },
  priority: {
    description: "Seconds that the task jumps ahead in its account's own queue.",
    schema: z.int().min(0).max(limits.prioritySecondsMax),
  },
  keep: {
    description:
      'Keep its outputs in the bucket of the relay once it has completed; `before-webhook` also holds its webhook until they are kept, ten minutes at most.',
    schema: z.union([flag, z.literal('before-webhook')]),
  },
  dry_run: { description: 'Answers validity, price and expected wait; no task is made.', schema: flag },
} as const;

const idempotencyKey: Parameter = {
  description:
    'With the same key and request within 24 hours no second task is made: the answer is the task in its present state.',
  schema: z.string().min(1).max(limits.idempotencyKeyBytesMax),
};

/** Calls about tasks, and about the deliveries of one. */
const taskOperations = {
  submitTask: {
    tag: 'Tasks',
    summary: 'Submit a task',
    description: 'The path is the model, `vendor/model/task`; the body is what the model takes.',
    query: submitQuery,
    headers: { 'Idempotency-Key': idempotencyKey },
    body: { schema: submitBodySchema, required: true },
    status: 200,
    answer: z.union([acceptedTaskSchema, repeatedTaskSchema, taskSchema, dryRunSchema]),
    answerHeaders: {
      'Idempotent-Replayed': '`true` where an earlier call with this Idempotency-Key made the task.',
      'Retry-After': 'Seconds; present where `sync` could not wait, because too many calls wait already.',
    },
    errors: [404, 409, 410, 415],
  },
  listTasks: {
    tag: 'Tasks',
    summary: 'List tasks, and count them',
    query: {
      limit,
      cursor,
      ...taskListFilters,
      account: anyAccount,
    },
    status: 200,
    answer: taskListSchema,
    errors: [],
  },
  getTask: {
    tag: 'Tasks',
    summary: 'Get a task',
    query: {
      explain: {
        description: 'Adds `waits`: why the task is not at Get3W just now, and when it goes on.',
        schema: flag,
      },
      details: {
        description: 'Adds `details`: its input, its deadline and what else its submit said.',
        schema: flag,
      },
    },
    status: 200,
    answer: taskSchema,
    errors: [400, 404, 410],
  },
  getOutput: {
    tag: 'Tasks',
    summary: 'Fetch a kept output of a task',
    description: 'Redirects to an address that is signed for an hour, of the output with this number: 0 for the first.',
    status: 302,
    answer: redirectSchema,
    answerHeaders: { Location: 'The signed address.' },
    errors: [404, 410],
  },
  // Open: webhooks are read by programs that have no key, and the address is the secret.
  getFile: {
    tag: 'Tasks',
    summary: 'Fetch a kept output or an upload by its address',
    description:
      'The address is unguessable, and good for as long as the file is kept. With the setting `media.streamBytesMax`, files up to that size are answered with 200 and their bytes in place of the redirect, unless a `Range` is asked for; what is neither media, PDF, JSON nor plain text as a download of `application/octet-stream`.',
    status: 302,
    answer: redirectSchema,
    answerHeaders: { Location: 'The signed address.' },
    errors: [404],
    open: true,
  },
  createUpload: {
    tag: 'Tasks',
    summary: 'Upload a file for an input',
    description:
      'Answers a form for one file, and the address that the body of a submit may name. Send the form within a quarter of an hour, then submit within a day.',
    body: { schema: newUploadSchema, required: true },
    status: 201,
    answer: uploadSchema,
    errors: [415],
  },
  cancelTask: {
    tag: 'Tasks',
    summary: 'Cancel a task',
    description: 'A task that Get3W works on is cancelled here; what Get3W makes of it is not used. Safe to repeat.',
    query: { reason },
    status: 200,
    answer: taskSchema,
    errors: [404, 409, 410],
  },
  retryTask: {
    tag: 'Tasks',
    summary: 'Put a failed task back',
    query: { reason },
    status: 200,
    answer: taskSchema,
    errors: [404, 409, 410],
  },
  eraseTask: {
    tag: 'Tasks',
    summary: "Erase a task's contents",
    description:
      'Removes prompt, outputs, events and deliveries of an ended task for good; its id answers 410 from then on. What Get3W keeps is not removed. Safe to repeat: repeat it after an error.',
    query: { reason },
    status: 200,
    answer: erasedTaskSchema,
    errors: [404, 409],
  },
  taskDeliveries: {
    tag: 'Webhooks',
    summary: "List a task's deliveries",
    query: { limit, cursor },
    status: 200,
    answer: webhooks.taskDeliveriesSchema,
    errors: [404, 410],
  },
  replayTaskDelivery: {
    tag: 'Webhooks',
    summary: "Send one of a task's deliveries again",
    query: { reason },
    status: 200,
    answer: webhooks.deliverySchema,
    errors: [404, 409, 410],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;

/** Calls about endpoints, events and secrets. */
const webhookOperations = {
  listEvents: {
    tag: 'Webhooks',
    summary: "List the account's events, oldest first",
    description: 'The pull path: a reader that continues from `next_cursor` misses nothing and gets nothing twice.',
    query: {
      after: { description: 'A `next_cursor` of this list, or a moment in ISO 8601.', schema: z.string() },
      limit,
      account: oneAccount,
    },
    status: 200,
    answer: webhooks.eventListSchema,
    errors: [],
  },
  createEndpoint: {
    tag: 'Webhooks',
    summary: 'Register an endpoint',
    query: { account: oneAccount, reason },
    body: { schema: webhooks.newEndpointSchema, required: true },
    status: 201,
    answer: webhooks.createdEndpointSchema,
    errors: [404, 409, 415],
  },
  listEndpoints: {
    tag: 'Webhooks',
    summary: 'List endpoints',
    query: {
      limit: { ...limit, description: `Rows of a page; ${limits.webhookEndpointsMax} by default.` },
      cursor,
      account: anyAccount,
    },
    status: 200,
    answer: webhooks.endpointListSchema,
    errors: [],
  },
  getEndpoint: {
    tag: 'Webhooks',
    summary: 'Get an endpoint',
    status: 200,
    answer: webhooks.endpointSchema,
    errors: [404],
  },
  updateEndpoint: {
    tag: 'Webhooks',
    summary: 'Change an endpoint',
    query: { reason },
    body: { schema: webhooks.endpointChangeSchema, required: false },
    status: 200,
    answer: webhooks.endpointSchema,
    errors: [404, 409, 415],
  },
  deleteEndpoint: {
    tag: 'Webhooks',
    summary: 'Delete an endpoint',
    query: { reason },
    status: 200,
    answer: webhooks.endpointSchema,
    errors: [404],
  },
  rotateEndpointSecret: {
    tag: 'Webhooks',
    summary: "Rotate an endpoint's secret",
    query: { reason },
    body: { schema: webhooks.rotateSchema, required: false },
    status: 200,
    answer: webhooks.rotatedSchema,
    errors: [404, 409, 415],
  },
  testEndpoint: {
    tag: 'Webhooks',
    summary: 'Test whether a receiver verifies what it gets',
    query: { reason },
    status: 200,
    answer: webhooks.endpointTestSchema,
    errors: [404],
  },
  recoverEndpoint: {
    tag: 'Webhooks',
    summary: 'Send an endpoint what it has missed since a moment',
    query: { reason },
    body: { schema: webhooks.recoverySchema, required: true },
    status: 200,
    answer: webhooks.recoveredSchema,
    errors: [404, 409, 415],
  },
  endpointDeliveries: {
    tag: 'Webhooks',
    summary: "List an endpoint's deliveries, newest first",
    query: {
      limit,
      cursor,
      status: { description: 'Only those of this status.', schema: z.enum(deliveryStatuses) },
      from: { description: 'Made at or after.', schema: givenMoment },
      to: { description: 'Made before.', schema: givenMoment },
      code: {
        description: 'An HTTP status or a cause (`timeout`) that any of its calls met.',
        schema: z.union([z.int().min(100).max(599), z.enum(callCauses)]),
      },
    },
    status: 200,
    answer: webhooks.deliveryListSchema,
    errors: [404],
  },
  replayEndpointDelivery: {
    tag: 'Webhooks',
    summary: "Send one of an endpoint's deliveries again",
    query: { reason },
    status: 200,
    answer: webhooks.deliverySchema,
    errors: [404, 409],
  },
  rotateWebhookSecret: {
    tag: 'Webhooks',
    summary: 'Rotate the secret that signs the `?webhook=` calls of the account',
    query: { account: oneAccount, reason },
    body: { schema: webhooks.rotateSchema, required: false },
    status: 200,
    answer: webhooks.rotatedSchema,
    errors: [404, 409, 415],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;

/** Calls about the whole relay, for keys that may operate, and the one call without a key. */
const operatorOperations = {
  listAudit: {
    tag: 'Operators',
    summary: 'List what people did to the relay, newest first',
    description: 'Each act of an operator, and each change of an account, a key or the gate; kept for `audit.keepMs`.',
    query: {
      limit,
      cursor,
      account: { description: 'Only acts on things of this account.', schema: z.string() },
      action: { description: 'Only acts of this kind.', schema: z.enum(auditActions) },
      from: { description: 'Done at or after.', schema: givenMoment },
      to: { description: 'Done before.', schema: givenMoment },
    },
    status: 200,
    answer: auditListSchema,
    errors: [],
    operator: true,
  },
  ...monitoringOperations,
  health: {
    tag: 'Health',
    summary: 'Whether the relay answers',
    status: 200,
    answer: healthSchema,
    errors: [],
    open: true,
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;

export const operations: Readonly<Record<DocumentedRoute, Operation>> = {
  ...taskOperations,
  ...failureOperations,
  ...jobOperations,
  ...deadLetterOperations,
  ...webhookOperations,
  ...accountOperations,
  ...gateOperations,
  ...operatorOperations,
};
