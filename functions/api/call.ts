// A request as the calls see it: decoded, with the account that is calling.
// The router makes it and authenticates; each call reads its own parameters.
import type { Account } from '../../core/domain/account.ts';
import type { Caller } from '../../core/flows/authenticate.ts';

export interface Call {
  readonly account: Account;
  readonly caller: Caller;
  /** Id of the call in the log. */
  readonly correlationId?: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}
