// Bulk jobs in requests and answers, and the calls about them: a part of operations.ts, which is the whole list.
// Held equal to public-job.ts by the compiler, and to real answers by the tests.
import * as z from 'zod';
import { actorSchema } from './audit-schemas.ts';
import { anyJson, givenMoment, moment, named, nextCursor, uuid } from './named.ts';
import { anyAccount, cursor, limit, reason } from './operation.ts';
import { taskListFilters } from './task-list-filters.ts';
import { jobActions, jobStatuses } from '../../domain/job/job.ts';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import { limits } from '../../domain/limits.ts';
import { taskStatuses } from '../../domain/task/task.ts';
import type { PublicJob } from '../public-job.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

const taskFilterSchema = z.strictObject({
  status: z
    .enum(['created', 'processing', ...taskStatuses])
    .exactOptional()
    .meta({ description: 'By default every state that the action can change.' }),
  code: z.union([z.int(), z.string()]).exactOptional(),
  met: z.union([z.int(), z.string()]).exactOptional(),
  model: taskListFilters.model.schema.exactOptional(),
  from: givenMoment.exactOptional(),
  to: givenMoment.exactOptional(),
  provider_id: z.string().exactOptional(),
  correlation_id: z.string().exactOptional(),
  account: z.string().exactOptional().meta({
    description: "An account's id, or `*` for all, with a key that may operate; your own account by default.",
  }),
});

/** Alone: named tasks are what they are, whatever their state. */
const idsFilterSchema = z.strictObject({
  ids: z.array(uuid).min(1).max(limits.jobIdsMax).meta({ description: 'The tasks, one by one.' }),
});

const replayFilterSchema = z.strictObject({
  endpoint: z.string().meta({ description: 'Id of the endpoint whose failed deliveries are sent again.' }),
  status: z.literal('exhausted').exactOptional(),
  from: givenMoment.exactOptional(),
  to: givenMoment.exactOptional(),
});

const newJobSchema = named(
  'NewJob',
  'What a bulk job is to do, and to what.',
  z.strictObject({
    action: z.enum(jobActions),
    filter: z
      .union([taskFilterSchema, idsFilterSchema, replayFilterSchema])
      .meta({ description: 'Queries of the list of tasks, ids, or for `replay` an endpoint.' }),
    dry_run: z.boolean().exactOptional().meta({ description: 'Only counts what the job would change.' }),
    reason: z
      .string()
      .min(1)
      .max(REASON_CHARS_MAX)
      .nullable()
      .exactOptional()
      .meta({ description: 'Why, for the audit log.' }),
  }),
);

const askedFilter = z
  .record(z.string(), anyJson)
  .meta({ description: 'The filter as it was given; of `ids` their number.' });

const jobEstimateSchema = named(
  'JobEstimate',
  'What a bulk job would change now; nothing was done.',
  z.strictObject({
    dry_run: z.literal(true),
    action: z.enum(jobActions),
    filter: askedFilter,
    tasks: z.int().meta({ description: `How many tasks or deliveries; counting stops at ${limits.jobEstimateMax}.` }),
    at_least: z.boolean().meta({ description: 'Whether counting stopped there.' }),
    sample: z.array(z.string()).meta({ description: 'Ids of some of them.' }),
    effect: z.string().meta({ description: 'The same as a sentence.' }),
  }),
);

const jobSchema = named(
  'Job',
  'A bulk job. `seen` is `done`, `skipped` and `failed` together.',
  z.strictObject({
    id: z.string(),
    action: z.enum(jobActions),
    filter: askedFilter,
    status: z.enum(jobStatuses),
    account: z.string().meta({ description: 'Whose job it is; `*` for one of the command line over all accounts.' }),
    by: actorSchema,
    reason: z.string().nullable(),
    created_at: moment.meta({ description: 'Only what was made before then is touched.' }),
    updated_at: moment,
    ended_at: moment.nullable(),
    expected: z.int().meta({ description: 'Counted when it was made.' }),
    expected_at_least: z.boolean(),
    seen: z.int(),
    done: z.int(),
    skipped: z.int(),
    failed: z.int(),
    skips: z.record(z.string(), z.int()).meta({ description: 'How many were skipped, by why.' }),
    last_error: z.string().nullable().meta({ description: 'What last kept it or failed.' }),
  }),
) satisfies z.ZodType<PublicJob>;

const jobListSchema = named(
  'JobList',
  'Bulk jobs, newest first.',
  z.strictObject({ data: z.array(jobSchema), next_cursor: nextCursor }),
);

export const jobOperations = {
  createJob: {
    tag: 'Jobs',
    summary: 'Cancel, retry or replay in bulk',
    description:
      'The relay works the job off: what a filter matches now is cancelled, put back or sent again as by single calls. ' +
      `With \`dry_run\` it is only counted. ${limits.runningJobsMax} jobs of an account run at once. ` +
      'Cancel and retry need the scope `submit`, replay needs `webhooks`.',
    body: { schema: newJobSchema, required: true },
    status: 200,
    answer: z.union([jobSchema, jobEstimateSchema]),
    errors: [404, 409, 415],
  },
  listJobs: {
    tag: 'Jobs',
    summary: 'List bulk jobs, newest first',
    description: 'A job can be read for 30 days.',
    query: { limit, cursor, account: anyAccount },
    status: 200,
    answer: jobListSchema,
    errors: [],
  },
  getJob: {
    tag: 'Jobs',
    summary: 'Show a bulk job and its progress',
    status: 200,
    answer: jobSchema,
    errors: [404],
  },
  stopJob: {
    tag: 'Jobs',
    summary: 'Stop a bulk job',
    description: 'It stops within a second or two; what it has done is not undone. A job that is over stays as it is.',
    query: { reason },
    status: 200,
    answer: jobSchema,
    errors: [404, 409],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
