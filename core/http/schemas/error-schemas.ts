// The errors of the API: the relay's own form, which is Get3W's with `details` beside it, and the gateway's.
// error-catalogue.ts defines texts and statuses, docs/errors.md explains them.
import * as z from 'zod';
import { named } from './named.ts';
import type { FailureBody } from '../http-failure.ts';

export const failureSchema = named(
  'Error',
  'Every error that the relay itself answers. Match on `code` and `error`; `details` is for a person to read.',
  z.strictObject({
    code: z
      .int()
      .min(400)
      .max(599)
      .meta({ description: 'The HTTP status again.', examples: [400] }),
    error: z.string().meta({ description: "Get3W's own text for its statuses.", examples: ['Invalid parameters'] }),
    details: z
      .string()
      .exactOptional()
      .meta({
        description: 'What is wrong with this very request. May change with any release.',
        examples: ['limit must be a whole number from 1 to 100'],
      }),
  }),
) satisfies z.ZodType<FailureBody>;

export const gatewayErrorSchema = named(
  'GatewayError',
  'An error of API Gateway in front of the relay: 413, 429, 500 or 503, without `code` and without `error`.',
  z.strictObject({
    message: z
      .string()
      .nullable()
      .meta({ examples: ['Too Many Requests'] }),
  }),
);
