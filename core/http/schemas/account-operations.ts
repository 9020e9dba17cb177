// The calls about the account of a key and about its keys: a part of operations.ts, which is the whole list.
// Their messages are in account-schemas.ts and key-schemas.ts.
import { accountListSchema, accountSchema } from './account-schemas.ts';
import * as z from 'zod';
import { limits } from '../../domain/limits.ts';
import { givenMoment } from './named.ts';
import { spendSchema } from './money-schemas.ts';
import * as keys from './key-schemas.ts';
import { cursor, limit, oneAccount, reason } from './operation.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

export const accountOperations = {
  listAccounts: {
    tag: 'Operators',
    summary: 'List all accounts, oldest first',
    query: { limit, cursor },
    status: 200,
    answer: accountListSchema,
    errors: [],
    operator: true,
  },
  getAccount: {
    tag: 'Account',
    summary: 'Show the account: its limits, what it uses of them, and its money',
    query: { account: oneAccount },
    status: 200,
    answer: accountSchema,
    errors: [404],
  },
  getSpend: {
    tag: 'Account',
    summary: 'Show what was spent',
    description: 'Rolled up from the ends of tasks. Operators may name another `account`, and group by `account`.',
    query: {
      by: { description: '`day` by default.', schema: z.enum(['day', 'model', 'code', 'account']) },
      from: { description: "First UTC day; by default the first of `to`'s month.", schema: givenMoment },
      to: { description: `Last UTC day, by default today; ${limits.spendDaysMax} days at most.`, schema: givenMoment },
      account: oneAccount,
      cursor: { description: '`next_cursor` of an earlier page of `by=account`.', schema: z.string() },
    },
    status: 200,
    answer: spendSchema,
    errors: [],
  },
  createKey: {
    tag: 'Account',
    summary: 'Make a key',
    description:
      "A key of the same account with no more scopes than the calling key's; `operate` is given by `relay keys create` alone.",
    body: { schema: keys.newKeySchema, required: false },
    status: 201,
    answer: keys.createdKeySchema,
    errors: [409, 415],
  },
  listKeys: {
    tag: 'Account',
    summary: 'List the keys of the account',
    status: 200,
    answer: keys.keyListSchema,
    errors: [],
  },
  revokeKey: {
    tag: 'Account',
    summary: 'Revoke a key',
    description:
      'It is refused from the next request on. A key revokes itself, and others that have no more scopes than it has.',
    query: { reason },
    status: 200,
    answer: keys.keySchema,
    errors: [404],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
