// The form in which operations.ts describes a call, and the parameters that many calls share.
// Not in any bundle: the document is made before deployment.
import * as z from 'zod';
import { REASON_CHARS_MAX } from '../../domain/audit-entry.ts';
import { limits } from '../../domain/limits.ts';
import type { RouteName } from '../../contract/routes.ts';

export type DocumentedRoute = Exclude<RouteName, 'callback' | 'console' | 'consolePath' | 'openApi'>;

export interface Parameter {
  readonly description: string;
  readonly schema: z.ZodType;
  readonly required?: boolean;
}

export interface Operation {
  readonly tag: 'Tasks' | 'Jobs' | 'Webhooks' | 'Account' | 'Operators' | 'Health';
  readonly summary: string;
  readonly description?: string;
  /** Query parameters, by name. */
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, Parameter>>;
  readonly body?: { readonly schema: z.ZodType; readonly required: boolean };
  /** The status of success, and every shape its body may have. */
  readonly status: 200 | 201 | 302;
  readonly answer: z.ZodType;
  /** Headers of a success beyond those of every answer. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Statuses of errors, beyond those that every call with a key may answer. */
  readonly errors: readonly ErrorStatus[];
  /** Whether the call is an operator's. */
  readonly operator?: true;
  /** Whether it is answered without a key. */
  readonly open?: true;
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 429 | 500 | 503 | 504;

export const limit: Parameter = {
  description: `Rows of a page; ${limits.pageSizeDefault} by default.`,
  schema: z.int().min(1).max(limits.pageSizeMax),
};

export const cursor: Parameter = { description: '`next_cursor` of the page before.', schema: z.string().min(1) };

const accountId = z.string().regex(/^acc_[\w-]{1,64}$/);

/** Lists of one account. */
export const oneAccount: Parameter = {
  description: "An account's id, with a key that may operate; your own account by default.",
  schema: accountId,
};

/** Lists that can also be of all accounts. */
export const anyAccount: Parameter = {
  description: "An account's id, or `*` for all, with a key that may operate; your own account by default.",
  schema: z.union([z.literal('*'), accountId]),
};

export const reason: Parameter = {
  description: 'Why, for the audit log.',
  schema: z.string().min(1).max(REASON_CHARS_MAX),
};
