// The account as `GET /v1/account` answers it. Held equal to public-account.ts by the compiler, and to real answers by the
// system tests.
import * as z from 'zod';
import { accountBounds } from '../../domain/account-bounds.ts';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import { keepChoices } from '../../domain/media/media-settings.ts';
import { sums } from './money-schemas.ts';
import { moment, named, nextCursor } from './named.ts';
import type { Bounds } from '../../domain/account-bounds.ts';
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

const ownLimitsSchema = z.strictObject({
  unfinished_tasks: z.int().min(0).nullable(),
  requests_per_second: z.int().min(1).nullable(),
  sync_waits: z.int().min(1).nullable(),
  endpoints: z.int().min(1).nullable(),
  keep: z.enum(keepChoices).nullable(),
});

const listedUse = {
  unfinished_tasks: z.int().min(0).nullable().meta({
    description: 'Null for an account without a limit of its own: the relay counts only those of its tasks that wait.',
  }),
  waiting_tasks: z.int().min(0).meta({ description: 'Tasks that wait for a slot.' }),
};

const useSchema = z.strictObject({
  ...listedUse,
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
  own_limits: ownLimitsSchema.meta({
    description: 'What an operator has set for the account itself; null where the limit of the relay is in force.',
  }),
  money: accountMoneySchema.nullable().meta({ description: 'Null without a balance and budgets.' }),
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
  }),
) satisfies z.ZodType<PublicAccount>;

export const listedAccountSchema = named(
  'ListedAccount',
  'An account as a list shows it: without what its use is made of.',
  z.strictObject({ ...accountFields, use: z.strictObject(listedUse) }),
) satisfies z.ZodType<ListedAccount>;

export const accountListSchema = named(
  'AccountList',
  'Accounts, oldest first.',
  z.strictObject({ data: z.array(listedAccountSchema), next_cursor: nextCursor }),
);

function whole({ min, max }: Bounds): z.ZodInt {
  return z.int().min(min).max(max);
}

/** Null removes it. */
function bound(bounds: Bounds): z.ZodType {
  return whole(bounds).nullable().exactOptional();
}

const why = z.string().min(1).max(REASON_CHARS_MAX).nullable().exactOptional().meta({
  description: 'Why, for the audit log.',
});

export const accountChangeSchema = named(
  'AccountChange',
  "What is to change of an account: one field at least. Null removes a bound of the account's own, so that the relay's applies.",
  z.strictObject({
    unfinished_tasks: bound(accountBounds.concurrentTasksMax),
    requests_per_second: bound(accountBounds.requestsPerSecond),
    sync_waits: bound(accountBounds.syncWaitsMax),
    endpoints: bound(accountBounds.endpointsMax),
    weight: whole(accountBounds.weight).exactOptional(),
    keep: z.enum(keepChoices).nullable().exactOptional(),
    balance_micros: bound(accountBounds.balanceMicros).meta({
      description: 'Sets the balance, whatever was spent meanwhile; null keeps none.',
    }),
    add_micros: whole(accountBounds.addedMicros).exactOptional().meta({
      description:
        'Adds to the balance, in place of `balance_micros`; sent twice, it adds twice, unless both have the same `Idempotency-Key`.',
    }),
    day_budget_micros: bound(accountBounds.dayBudgetMicros),
    month_budget_micros: bound(accountBounds.monthBudgetMicros),
    reason: why,
  }),
);

export const whySchema = named('Why', 'Why something is done.', z.strictObject({ reason: why }));
