// The messages about money beside a task's own: what was spent, and what a submit would cost.
// Held equal to real answers by the system tests.
import * as z from 'zod';
import { moment, named, nextCursor } from './named.ts';

const micros = z.int();
const day = z.iso.date();

/** Sums of ends, in Spend and in an account's own use. */
export const sums = {
  ends: z.int().min(0).meta({ description: 'Ends of tasks; a task that is put back ends again.' }),
  charged_micros: micros.meta({ examples: [1_240_000] }),
  in_doubt_micros: micros.meta({
    description: 'Held for ended tasks of which nothing shows whether Get3W did the work.',
  }),
  given_back_micros: micros,
};

export const spendSchema = named(
  'Spend',
  'What an account spent in these UTC days. A late correction counts on the day on which it became known.',
  z.strictObject({
    by: z.enum(['day', 'model', 'code', 'account']),
    from: day,
    to: day,
    data: z.array(
      z.union([
        z.strictObject({ day, ...sums }),
        z.strictObject({ model: z.string(), ...sums }),
        z.strictObject({ code: z.string().meta({ description: 'Task code of the end, or `cancelled`.' }), ...sums }),
        z.strictObject({ account: z.string(), ...sums }),
      ]),
    ),
    next_cursor: nextCursor,
    reaches: moment.meta({ description: 'Ends up to here are counted, most often up to ten seconds ago.' }),
  }),
);

export const dryRunSchema = named(
  'DryRun',
  'What a submit with `dry_run=true` would do: it is valid, and no task was made.',
  z.strictObject({
    dry_run: z.literal(true),
    model: z.string(),
    price_micros: micros.nullable().meta({ description: 'Null where the price table knows no price.' }),
    is_covered: z.boolean().meta({ description: 'Whether balance and budgets cover it now.' }),
    estimated_wait: z
      .int()
      .min(0)
      .meta({ description: 'Seconds until it would get a slot, as far as the gate can tell.' }),
    estimated_duration: z.int().min(1).meta({ description: 'Seconds until it would end; a hint.' }),
  }),
);
