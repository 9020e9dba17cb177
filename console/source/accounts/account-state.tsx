// Whether an account may use the relay: in the list of accounts, and on the page of one.
import { StatusPill } from '../parts/status-pill.tsx';
import type { ListedAccount } from '../../../core/http/public-account.ts';
import type { JSX } from 'preact';

export function AccountState({
  account,
}: {
  readonly account: Pick<ListedAccount, 'suspended_at' | 'is_operator'>;
}): JSX.Element {
  if (account.suspended_at !== null) return <StatusPill tone="bad" text="suspended" />;
  return <StatusPill tone="good" text={account.is_operator ? 'operator' : 'active'} />;
}
