// The query parameters by which a list of tasks is filtered, as the API's document describes them; functions/api/
// task-filter.ts reads them.
import * as z from 'zod';
import { taskStatuses } from '../../domain/task/task.ts';
import { flag, givenMoment } from './named.ts';

export const taskListFilters = {
  status: {
    description: '`created` and `processing`, or a phase.',
    schema: z.enum(['created', 'processing', ...taskStatuses]),
  },
  code: { description: 'The task code that it ended with.', schema: z.int().min(0).max(99_999) },
  met: {
    description:
      'A code met on the way, however the task ended: an HTTP status such as 429, a task code, or a key of the table of errors (`transport-reset`).',
    schema: z.string().regex(/^(\d{1,5}|(http|task|transport)-[\w-]{1,40})$/),
  },
  model: {
    description: '`vendor/model/task`, or the beginning of it and `*`: `vendor/*`.',
    schema: z.string().min(1),
  },
  from: { description: 'Only tasks made then or later.', schema: givenMoment },
  to: { description: 'Only tasks made before.', schema: givenMoment },
  order: { description: '`newest` first, which is usual, or `oldest`.', schema: z.enum(['newest', 'oldest']) },
  provider_id: { description: "Get3W's id of one of the attempts.", schema: z.string().min(1) },
  correlation_id: {
    description: 'The `X-Request-Id` of the submit, or the trace id of its `traceparent`.',
    schema: z.string().min(1),
  },
  count: { description: 'Adds `count`; it goes through 10,000 tasks at most.', schema: flag },
};
