// The account as `GET /v1/account` answers it. Held equal to public-account.ts by the compiler, and to real answers by the
// system tests.
import * as z from 'zod';
import { keepChoices } from '../../domain/media/media-settings.ts';
import { sums } from './money-schemas.ts';
import { moment, named, nextCursor } from './named.ts';
import type { ListedAccount, PublicAccount } from '../public-account.ts';

const limitsSchema = z.strictObject({
  unfinished_tasks: z.int().min(0).nullable().meta({ description: 'Null for no limit.' }),
  requests_per_second: z.int().min(1).nullable().meta({ description: 'Null for no limit.' }),
  sync_waits: z.int().min(1).meta({ description: 'Calls that may wait with `?sync=true` at once.' }),
  endpoints: z.int().min(1),
  keys: z.int().min(1),
  weight: z.number().meta({ description: 'Its share of the slots at Get3W relative to other accounts that wait.' }),
});

const recentSchema = z.strictObject({
  from: z.iso.date(),
  to: z.iso.date(),
  reaches: moment.meta({ description: 'Ends up to here are counted, most often up to ten seconds ago.' }),
  is_whole: z.boolean().meta({ description: 'False when it has too many rows: the oldest are left out.' }),
  by_day: z.array(z.strictObject({ day: z.iso.date(), ...sums })),
  by_model: z
    .array(z.strictObject({ model: z.string(), ...sums }))
    .meta({ description: 'The most used first, 100 at most.' }),
  by_code: z.array(
    z.strictObject({ code: z.string().meta({ description: 'Task code of the end, or `cancelled`.' }), ...sums }),
  ),
});

const useSchema = z.strictObject({
  unfinished_tasks: z.int().min(0).nullable().meta({
    description: 'Null for an account without a limit of its own: the relay counts only those of its tasks that wait.',
  }),
  waiting_tasks: z.int().min(0).meta({ description: 'Tasks that wait for a slot.' }),
  waiting: z.array(z.strictObject({ model: z.string(), kind: z.enum(['fresh', 'retry']), tasks: z.int().min(0) })),
  endpoints: z.int().min(0),
  keys: z.int().min(0).meta({ description: 'Those that are good.' }),
  recent: recentSchema.meta({
    description: 'Ends of this UTC day and the six before it, and what they cost. `GET /v1/spend` has longer ranges.',
  }),
});

const micros = z.int();

const accountMoneySchema = z.strictObject({
  balance_micros: micros.nullable().meta({ description: 'Null where none is kept.' }),
  day_budget_micros: micros.nullable(),
  day_spent_micros: micros.meta({ description: 'Of this UTC day, with what is reserved.' }),
  month_budget_micros: micros.nullable(),
  month_spent_micros: micros,
});

const accountFields = {
  id: z.string(),
  name: z.string(),
  is_operator: z.boolean(),
  suspended_at: moment.nullable(),
  created_at: moment,
  limits: limitsSchema.meta({ description: "In force: the account's own, else those of the relay." }),
  keep: z.enum(keepChoices).meta({
    description: 'What happens to the outputs of a task whose submit has no `keep`: in force, as the limits.',
  }),
};

export const accountSchema = named(
  'Account',
  'An account: what it may do, and what it has.',
  z.strictObject({
    ...accountFields,
    use: useSchema,
    money: accountMoneySchema.nullable().meta({ description: 'Null without a balance and budgets.' }),
  }),
) satisfies z.ZodType<PublicAccount>;

const listedAccountSchema = named(
  'ListedAccount',
  'An account as a list shows it.',
  z.strictObject(accountFields),
) satisfies z.ZodType<ListedAccount>;

export const accountListSchema = named(
  'AccountList',
  'Accounts, oldest first.',
  z.strictObject({ data: z.array(listedAccountSchema), next_cursor: nextCursor }),
);
