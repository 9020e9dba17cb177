// The call that shows failures as groups, as the API's document describes it.
// functions/api/failure-calls.ts answers it.
import * as z from 'zod';
import { actorSchema } from './audit-schemas.ts';
import { DAY_ALONE, givenMoment, moment, named } from './named.ts';
import { anyAccount } from './operation.ts';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import { limits } from '../../domain/limits.ts';
import { DAY_MS } from '../../domain/time-ms.ts';
import type { PublicFailure } from '../public-failure.ts';
import type { PublicMute, PublicMutedGroup } from '../public-mute.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

const muteSchema = named(
  'FailureMute',
  'Until when a group of failures is muted, why and by whom; it ends without a call.',
  z.strictObject({ until: moment, reason: z.string(), by: actorSchema, at: moment }),
) satisfies z.ZodType<PublicMute>;

const mutedGroupSchema = named(
  'MutedGroup',
  'What is muted, or no longer.',
  z.strictObject({
    key: z.string().meta({ description: 'As in the list of failures: `http-429`.' }),
    model: z.string().meta({ description: '`*` for every one.' }),
    account: z.string().meta({ description: '`*` for all.' }),
    muted: muteSchema.nullable(),
  }),
) satisfies z.ZodType<PublicMutedGroup>;

/** The same names in both bodies: an unmute names what was muted. */
const aboutFields = {
  code: z
    .union([z.int().min(0), z.string()])
    .meta({ description: 'HTTP status, task code, or a key of the list of failures.', examples: ['http-429'] }),
  model: z.string().meta({ description: 'As in the list of failures, or `*` for every one.' }),
  account: anyAccount.schema.exactOptional().meta({
    description: "Your own by default; another's id or `*` for all with a key that may operate.",
  }),
};

const newMuteSchema = named(
  'NewFailureMute',
  'What to mute, until when and why.',
  z.strictObject({
    ...aboutFields,
    until: givenMoment.meta({ description: `Within ${limits.muteMsMax / DAY_MS} days.` }),
    reason: z.string().min(1).max(REASON_CHARS_MAX),
  }),
);

const unmuteSchema = named('FailureUnmute', 'What to mute no longer, as it was muted.', z.strictObject(aboutFields));

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
    muted: muteSchema.nullable().meta({ description: 'Null for a group that is not muted.' }),
    trend: z.array(z.int().min(0)).meta({ description: 'Tasks in twelve equal parts of the time, oldest first.' }),
  }),
) satisfies z.ZodType<PublicFailure>;

const failuresSchema = named(
  'Failures',
  'Failures of a time, those that most tasks met first, muted ones last.',
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
      from: { description: `24 hours before \`to\` by default. ${DAY_ALONE}`, schema: givenMoment },
      to: { description: `Now by default. ${DAY_ALONE}`, schema: givenMoment },
      account: anyAccount,
    },
    status: 200,
    answer: failuresSchema,
    errors: [],
  },
  muteFailures: {
    tag: 'Tasks',
    summary: 'Mute a group of failures',
    description:
      'The list of failures shows it last, with who muted it, until when and why; nothing else changes. For all keys of the ' +
      `account; with a key that may operate, for all operators and no client. ${limits.mutesMax} mutes of an account run at once.`,
    body: { schema: newMuteSchema, required: true },
    status: 200,
    answer: mutedGroupSchema,
    errors: [409, 415],
  },
  unmuteFailures: {
    tag: 'Tasks',
    summary: 'End a mute of failures',
    body: { schema: unmuteSchema, required: true },
    status: 200,
    answer: mutedGroupSchema,
    errors: [404, 409, 415],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
