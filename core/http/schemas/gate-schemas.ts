// The gate as an operator sees it, and the answer of /health.
// Held equal to public-gate.ts by the compiler, and to real answers by the system tests.
import * as z from 'zod';
import { moment, named } from './named.ts';
import type { PublicGate } from '../public-gate.ts';

const limitedPause = z.strictObject({ reason: z.literal('limited'), since: moment, until: moment });
const refusedPause = z.strictObject({
  reason: z.literal('account'),
  since: moment,
  http_status: z.int(),
  next_probe_at: moment,
});

export const gateSchema = named(
  'Gate',
  'The admission gate before Get3W: its limit, what waits, and what stops it.',
  z.strictObject({
    id: z.string(),
    limit: z.int().min(0).meta({ description: 'Slots: tasks that Get3W may work on at once.' }),
    limit_is_bounded: z.boolean().meta({ description: 'False until Get3W has refused for the first time.' }),
    proven: z.number(),
    in_flight: z.int().min(0),
    retries_in_flight: z.int().min(0),
    waiting: z.array(
      z.strictObject({
        kind: z.enum(['fresh', 'retry']),
        account_id: z.string(),
        model: z.string(),
        tasks: z.int().min(0),
      }),
    ),
    accounts: z
      .array(
        z.strictObject({
          account_id: z.string(),
          weight: z.number(),
          tasks: z.int().min(1),
          share: z.number().min(0).max(1).meta({ description: 'Of the slots, while all that wait want more.' }),
          expected_wait_seconds: z.int().min(0).nullable().meta({
            description: 'Of one more task; null while the gate is paused, or does not know yet how long tasks take.',
          }),
        }),
      )
      .meta({ description: 'The same by account, those with most tasks first.' }),
    waiting_is_complete: z.boolean().meta({ description: 'False when more accounts wait than are shown.' }),
    pause: z.union([limitedPause, refusedPause]).nullable(),
    operator_pause: z
      .strictObject({
        since: moment,
        by: z.string(),
        until: moment.nullable().meta({ description: 'Null: until an operator resumes the gate.' }),
        reason: z.string().nullable(),
      })
      .nullable(),
    circuits: z.array(
      z.strictObject({
        model: z.string(),
        state: z.string(),
        since: moment,
        failed_probes: z.int().min(0),
        next_probe_at: moment.nullable(),
      }),
    ),
  }),
) satisfies z.ZodType<PublicGate>;

export const healthSchema = named(
  'Health',
  'The relay answers.',
  z.strictObject({ status: z.literal('ok'), version: z.string() }),
);
