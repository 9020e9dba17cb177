// Dead letters in requests and answers, and the calls about them: a part of operations.ts, which is the whole list.
// Held equal to public-dead-letter.ts by the compiler, and to real answers by the tests.
import * as z from 'zod';
import { moment, named } from './named.ts';
import { queueNames } from '../../contract/messages.ts';
import { limits } from '../../domain/limits.ts';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import type { PublicDeadLetter } from '../public-dead-letter.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

const letterSchema = named(
  'DeadLetter',
  'A message that the relay itself could not process. What Get3W or a receiver refuses never becomes one.',
  z.strictObject({
    message_id: z.string(),
    kind: z
      .enum(['task', 'outcome', 'gate', 'event', 'lane', 'keep', 'job'])
      .nullable()
      .meta({ description: 'What it asked for; null for a text that no version of the relay sends.' }),
    request_id: z.string().nullable().meta({ description: 'The task that it is about.' }),
    attempt: z.int().nullable(),
    event_id: z.string().nullable(),
    lane_id: z.string().nullable().meta({ description: "A webhook endpoint's id, or `url_…` for `?webhook=`." }),
    job_id: z.string().nullable(),
    account: z.string().nullable(),
    unknown_text: z
      .string()
      .nullable()
      .meta({ description: 'The beginning of a text that no version of the relay sends.' }),
    sent_at: moment.meta({ description: 'When it was sent first.' }),
    receive_count: z
      .int()
      .min(0)
      .meta({ description: 'As SQS counts: each look at it counts too. `cause.receive_count` has the tries alone.' }),
    cause: z
      .strictObject({
        name: z.string(),
        code: z.string().nullable(),
        text: z.string(),
        at: moment,
        receive_count: z.int().min(0),
      })
      .nullable()
      .meta({ description: 'Why it last failed; null where the function timed out or crashed.' }),
  }),
) satisfies z.ZodType<PublicDeadLetter>;

/** SQS counts each queue for itself, so every number of these is about right. */
const count = z.int().min(0);

const lettersSchema = named(
  'DeadLetters',
  'The dead letters of each queue.',
  z.strictObject({
    messages: count.meta({ description: 'Of all these queues, about: SQS counts up to a minute late.' }),
    queues: z.array(
      z.strictObject({
        queue: z.enum(queueNames),
        messages: count,
        hidden: count.meta({ description: 'Of these, those that another operator reads or sends back just now.' }),
        oldest_sent_at: moment.nullable().meta({ description: 'Of the letters that are shown.' }),
        letters: z.array(letterSchema).meta({ description: 'Oldest first.' }),
      }),
    ),
  }),
);

const askedRedriveSchema = named(
  'AskedRedrive',
  'Which dead letters are sent back.',
  z.strictObject({
    queue: z.enum([...queueNames, 'all']),
    reason: z
      .string()
      .min(1)
      .max(REASON_CHARS_MAX)
      .nullable()
      .exactOptional()
      .meta({ description: 'Why, for the audit log.' }),
  }),
);

const redrivenSchema = named(
  'Redriven',
  'How many dead letters were sent back, and about how many are left.',
  z.strictObject({
    moved: count,
    left: count.meta({ description: 'Call again while there are any. Of the queues that could be counted.' }),
    queues: z.array(
      z.strictObject({
        queue: z.enum(queueNames),
        moved: count,
        left: count.nullable().meta({ description: 'null where the queue could not be counted.' }),
        error: z
          .string()
          .nullable()
          .meta({ description: 'Why this queue stopped early, as a sentence; null where it went well.' }),
      }),
    ),
  }),
);

export const deadLetterOperations = {
  listDeadLetters: {
    tag: 'Operators',
    summary: 'List dead letters with the cause of each',
    description: 'Removes nothing. A letter is hidden from others only while it is read.',
    query: {
      queue: { description: 'One queue; `all` by default.', schema: z.enum([...queueNames, 'all']) },
      limit: {
        description: `Letters of each queue; ${limits.pageSizeDefault} by default.`,
        schema: z.int().min(1).max(limits.pageSizeMax),
      },
    },
    status: 200,
    answer: lettersSchema,
    errors: [],
    operator: true,
  },
  redriveDeadLetters: {
    tag: 'Operators',
    summary: 'Send dead letters back to their queues',
    description:
      'Fix the cause first. A call moves what was there when it began, for eight seconds and the send under way, and says what is left. ' +
      'A queue that fails does not stop the others: it says so in `error`. ' +
      'Safe to repeat: a message that no longer fits its row changes nothing.',
    body: { schema: askedRedriveSchema, required: true },
    status: 200,
    answer: redrivenSchema,
    errors: [415],
    operator: true,
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
