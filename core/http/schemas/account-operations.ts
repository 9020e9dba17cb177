// The calls about the account of a key and about its keys: a part of operations.ts, which is the whole list.
// Their messages are in account-schemas.ts and key-schemas.ts.
import * as accounts from './account-schemas.ts';
import * as z from 'zod';
import { limits } from '../../domain/limits.ts';
import { givenMoment } from './named.ts';
import { spendSchema } from './money-schemas.ts';
import * as keys from './key-schemas.ts';
import { cursor, limit, oneAccount, reason } from './operation.ts';
import type { DocumentedRoute, Operation } from './operation.ts';

/** What changes an account answers it as the list shows it: the whole would bring roll-ups up to date, which takes a second. */
export const accountOperations = {
  listAccounts: {
    tag: 'Operators',
    summary: 'List all accounts, oldest first',
    description:
      'With `name`, a call looks at a hundred accounts and answers those that fit: a page may be empty although more follow.',
    query: {
      limit,
      cursor,
      name: { description: 'Only accounts whose name contains this, in any case.', schema: z.string().min(1).max(200) },
    },
    status: 200,
    answer: accounts.accountListSchema,
    errors: [],
    operator: true,
  },
  getAccount: {
    tag: 'Account',
    summary: 'Show the account: its limits, what it uses of them, and its money',
    query: { account: oneAccount },
    status: 200,
    answer: accounts.accountSchema,
    errors: [404],
  },
  changeAccount: {
    tag: 'Operators',
    summary: 'Change the limits or the money of an account',
    description:
      'As `relay accounts set` does. It is in force from the next request on. Send `add_micros` with an `Idempotency-Key`: a repeated call then adds once.',
    headers: {
      'Idempotency-Key': {
        description:
          'With the same key and change of this account within 24 hours nothing is changed again: the answer is the account as it is now. With another change, 409.',
        schema: z.string().min(1).max(limits.idempotencyKeyBytesMax),
      },
    },
    answerHeaders: {
      'Idempotent-Replayed': '`true` where an earlier call with this Idempotency-Key made the change.',
    },
    body: { schema: accounts.accountChangeSchema, required: true },
    status: 200,
    answer: accounts.listedAccountSchema,
    errors: [404, 409, 415],
    operator: true,
  },
  suspendAccount: {
    tag: 'Operators',
    summary: 'Suspend an account',
    description:
      'All of its keys are refused from the next request on; its unfinished tasks go on. Your own account cannot be suspended, nor the last operator beside it.',
    body: { schema: accounts.whySchema, required: false },
    status: 200,
    answer: accounts.listedAccountSchema,
    errors: [404, 409, 415],
    operator: true,
  },
  resumeAccount: {
    tag: 'Operators',
    summary: 'Resume a suspended account',
    body: { schema: accounts.whySchema, required: false },
    status: 200,
    answer: accounts.listedAccountSchema,
    errors: [404, 409, 415],
    operator: true,
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
    description: "A key with no more scopes than the calling key's; `operate` is given by `relay keys create` alone.",
    query: { account: oneAccount, reason },
    body: { schema: keys.newKeySchema, required: false },
    status: 201,
    answer: keys.createdKeySchema,
    errors: [404, 409, 415],
  },
  listKeys: {
    tag: 'Account',
    summary: 'List the keys of the account',
    query: { account: oneAccount },
    status: 200,
    answer: keys.keyListSchema,
    errors: [404],
  },
  revokeKey: {
    tag: 'Account',
    summary: 'Revoke a key',
    description:
      "It is refused from the next request on. A key revokes itself, and others that have no more scopes than it has; an operator's key revokes any of other accounts.",
    query: { account: oneAccount, reason },
    status: 200,
    answer: keys.keySchema,
    errors: [404],
  },
} as const satisfies Partial<Record<DocumentedRoute, Operation>>;
