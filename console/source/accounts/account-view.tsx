// One account: what it may do and uses, what it spent lately, its keys, and what an operator may do with it.
import { Link } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useOperator } from '../frame/use-operator.ts';
import { usePolled } from '../frame/use-polled.ts';
import { Fact } from '../parts/fact.tsx';
import { Moment } from '../parts/time-text.tsx';
import { EmptyNote, Freshness, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { queryOf } from '../relay/relay-client.ts';
import { AccountActions } from './account-actions.tsx';
import { AccountKeys } from './account-keys.tsx';
import { AccountState } from './account-state.tsx';
import { dollarWords, usedWords } from './account-words.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { PublicAccount, RecentUse } from '../../../core/http/public-account.ts';
import type { JSX } from 'preact';

/** @param accountId undefined for the key's own. */
export function AccountView({ accountId }: { readonly accountId: string | undefined }): JSX.Element {
  const { client, local } = useRelay();
  const isOperator = useOperator();
  const polled = usePolled({
    key: `account ${accountId ?? ''}`,
    pace: () => usualPace(local),
    load: (signal) => client.get<PublicAccount>(`/v1/account${queryOf({ account: accountId })}`, signal),
  });
  const account = polled.value;
  return (
    <ViewFrame title="Account" tools={<Freshness of={polled} pace={usualPace(local)} />}>
      {polled.refusal?.status === 404 ? (
        <EmptyNote>
          There is no account <span class="id">{accountId}</span>. <Link to="/accounts">All accounts</Link>
        </EmptyNote>
      ) : (
        <RefusalNote of={polled} />
      )}
      {account && (
        <>
          <AccountFacts account={account} />
          {isOperator && <AccountActions account={account} onDone={polled.refresh} />}
          <AccountKeys account={account} isOperator={isOperator ?? false} />
          <Recent recent={account.use.recent} />
        </>
      )}
    </ViewFrame>
  );
}

function AccountFacts({ account }: { readonly account: PublicAccount }): JSX.Element {
  const { id, limits, own_limits: own, use, money } = account;
  const ofAccount = queryOf({ account: id });
  return (
    <section class="panel" aria-label="The account">
      <dl class="facts">
        <Fact name="Name">{account.name}</Fact>
        <Fact name="State">
          <AccountState account={account} />
          {account.suspended_at !== null && (
            <>
              {' '}
              <Moment at={account.suspended_at} />
            </>
          )}
        </Fact>
        <Fact name="Id" isWide>
          <span class="id">{id}</span>
        </Fact>
        <Fact name="Unfinished tasks">{usedWords(use.unfinished_tasks, own.unfinished_tasks)}</Fact>
        <Fact name="Waiting">{usedWords(use.waiting_tasks, null)}</Fact>
        <Fact name="Requests a second">{limits.requests_per_second ?? 'no limit'}</Fact>
        <Fact name="Sync waits">{limits.sync_waits}</Fact>
        <Fact name="Endpoints">{usedWords(use.endpoints, limits.endpoints)}</Fact>
        <Fact name="Keys">{usedWords(use.keys, limits.keys)}</Fact>
        <Fact name="Weight">{limits.weight}</Fact>
        <Fact name="Keeps outputs">{account.keep}</Fact>
        <Fact name="Balance">{dollarsOrNone(money?.balance_micros)}</Fact>
        <Fact name="Today">{spentWords(money?.day_spent_micros, money?.day_budget_micros)}</Fact>
        <Fact name="This month">{spentWords(money?.month_spent_micros, money?.month_budget_micros)}</Fact>
        <Fact name="See its" isWide>
          <Link to={`/tasks${ofAccount}`}>tasks</Link> <Link to={`/failures${ofAccount}`}>failures</Link>{' '}
          <Link to={`/webhooks${ofAccount}`}>endpoints</Link>
        </Fact>
      </dl>
    </section>
  );
}

function dollarsOrNone(micros: number | null | undefined): string {
  return typeof micros === 'number' ? dollarWords(micros) : 'none';
}

function spentWords(spent: number | undefined, budget: number | null | undefined): string {
  if (spent === undefined) return 'not kept';
  return typeof budget === 'number' ? `${dollarWords(spent)} of ${dollarWords(budget)}` : dollarWords(spent);
}

/** The ends of seven days, the same three times: by day, model and code. */
function Recent({ recent }: { readonly recent: RecentUse }): JSX.Element {
  const parts = [
    { title: 'Day', rows: recent.by_day.map((row) => ({ key: row.day, ...row })) },
    { title: 'Model', rows: recent.by_model.map((row) => ({ key: row.model, ...row })) },
    { title: 'Code', rows: recent.by_code.map((row) => ({ key: row.code, ...row })) },
  ];
  if (recent.by_day.length === 0)
    return <EmptyNote>No task of this account has ended in the last seven days.</EmptyNote>;
  return (
    <>
      {parts.map(({ title, rows }) => (
        <section key={title} class="panel" aria-label={`Ends by ${title.toLowerCase()}`}>
          <table class="rows account-use" role="table">
            <caption class="unseen">{`Ends of the last seven days by ${title.toLowerCase()}`}</caption>
            <ColumnHeads names={[title, 'Ends', 'Charged']} />
            <tbody role="rowgroup">
              {rows.map((row) => (
                <tr key={row.key} role="row">
                  <th role="rowheader" scope="row" class="cell-address">
                    {row.key}
                  </th>
                  <td role="cell">{row.ends}</td>
                  <td role="cell">{dollarWords(row.charged_micros)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </>
  );
}
