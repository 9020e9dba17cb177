// The call that shows failures as groups, as the API's document describes it.
// functions/api/failure-calls.ts answers it.
import * as z from 'zod';
import { givenMoment, moment, named } from './named.ts';
import { anyAccount } from './operation.ts';
import type { PublicFailure } from '../public-failure.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

const failureSchema = named(
  'FailureGroup',
  'A code that tasks of one model and account met on their way, however they ended.',
  z.strictObject({
    account: z.string().exactOptional().meta({ description: 'Whose they are; only with a key that may operate.' }),
    key: z.string().meta({ description: 'For `met` of a list of tasks: `http-429`.' }),
    level: z.string().meta({ description: '`http`, `task` or `transport`.' }),
    code: z
      .union([z.int(), z.string()])
      .meta({ description: 'HTTP status, task code, or the name of the connection error.' }),
    model: z.string(),
    count: z.int().min(1).meta({ description: 'Tasks that met it.' }),
    share: z.number().min(0).max(1).meta({ description: 'Of all tasks that met a failure in this time.' }),
    first_seen: moment.meta({ description: 'When the first of these tasks was made.' }),
    last_seen: moment.meta({ description: 'When the last of them was made.' }),
    trend: z.array(z.int().min(0)).meta({ description: 'Tasks in twelve equal parts of the time, oldest first.' }),
  }),
) satisfies z.ZodType<PublicFailure>;

const failuresSchema = named(
  'Failures',
  'Failures of a time, those that most tasks met first.',
  z.strictObject({
    from: moment,
    to: moment,
    total: z.int().min(0).meta({ description: 'Tasks that met any failure.' }),
    at_least: z.boolean().meta({ description: 'True when there may be more: the newest 10,000 are looked at.' }),
    more_groups: z
      .int()
      .min(0)
      .meta({ description: 'Groups that are not shown; an account or a shorter time shows them.' }),
    failures: z.array(failureSchema),
  }),
);

export const failureOperations = {
  listFailures: {
    tag: 'Tasks',
    summary: 'Show failures as groups',
    description:
      'By code, model and account: HTTP statuses, task codes and connection errors that tasks met on their way.',
    query: {
      from: { description: 'A day before `to` by default.', schema: givenMoment },
      to: { description: 'Now by default.', schema: givenMoment },
      account: anyAccount,
    },
    status: 200,
    answer: failuresSchema,
    errors: [],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
