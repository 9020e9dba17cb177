// The accounts: for operators all of them with use, money and suspension, found by name; for others their own alone.
import { useState } from 'preact/hooks';
import { Link, navigate, useAddress } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useOperator } from '../frame/use-operator.ts';
import { usePages } from '../frame/use-pages.ts';
import { EmptyNote, Freshness, MoreButton, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { dollarWords, usedWords } from './account-words.ts';
import { AccountState } from './account-state.tsx';
import { AccountView } from './account-view.tsx';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { ListedAccount } from '../../../core/http/public-account.ts';
import type { JSX } from 'preact';

/** A call by name looks at a hundred accounts, of which none may fit. */
const CALLS_MAX = 4;

export function AccountsView(): JSX.Element | null {
  const isOperator = useOperator();
  if (isOperator === undefined) return null;
  return isOperator ? <AllAccounts /> : <AccountView accountId={undefined} />;
}

function AllAccounts(): JSX.Element {
  const { local } = useRelay();
  const name = useAddress().searchParams.get('name') ?? '';
  const { polled, rows, showMore } = usePages<ListedAccount>('/v1/accounts', { name }, { callsMax: CALLS_MAX });
  const isEmpty = polled.value !== undefined && rows.length === 0 && showMore === undefined;
  return (
    <ViewFrame title="Accounts" tools={<Freshness of={polled} pace={usualPace(local)} />}>
      <NameFilter name={name} />
      <RefusalNote of={polled} />
      {rows.length > 0 && (
        <div class="panel panel-flush">
          <AccountTable accounts={rows} />
        </div>
      )}
      {isEmpty && (
        <EmptyNote>{name === '' ? 'There is no account yet.' : 'No account has this in its name.'}</EmptyNote>
      )}
      <MoreButton showMore={showMore} text="Show more accounts" />
    </ViewFrame>
  );
}

function NameFilter({ name }: { readonly name: string }): JSX.Element {
  const [text, setText] = useState(name);
  const show = (event: Event): void => {
    event.preventDefault();
    const asked = text.trim();
    navigate(asked === '' ? '/accounts' : `/accounts?name=${encodeURIComponent(asked)}`, { isReplacing: true });
  };
  return (
    <form class="filters filters-short" role="search" aria-label="Filter accounts" onSubmit={show}>
      <label class="field">
        <span>Name</span>
        <input
          type="search"
          placeholder="all accounts"
          maxLength={200}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onChange={show}
        />
      </label>
    </form>
  );
}

function AccountTable({ accounts }: { readonly accounts: readonly ListedAccount[] }): JSX.Element {
  return (
    <table class="rows account-rows" role="table">
      <caption class="unseen">Accounts, oldest first</caption>
      <ColumnHeads names={['Account', 'State', 'Unfinished', 'Waiting', 'Money']} />
      <tbody role="rowgroup">
        {accounts.map((account) => (
          <tr key={account.id} role="row">
            <th role="rowheader" scope="row" class="cell-address">
              <Link to={`/accounts/${account.id}`}>{account.name}</Link>
            </th>
            <td role="cell">
              <AccountState account={account} />
            </td>
            <td role="cell">
              <span class="narrow-only faint">unfinished </span>
              {usedWords(account.use.unfinished_tasks, account.own_limits.unfinished_tasks)}
            </td>
            <td role="cell">
              <span class="narrow-only faint">waiting </span>
              {usedWords(account.use.waiting_tasks, null)}
            </td>
            <td role="cell">{moneyWords(account)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function moneyWords({ money }: ListedAccount): string {
  if (money === null) return 'not kept';
  if (money.balance_micros !== null) return `${dollarWords(money.balance_micros)} left`;
  return `${dollarWords(money.day_spent_micros)} today, ${dollarWords(money.month_spent_micros)} this month`;
}
