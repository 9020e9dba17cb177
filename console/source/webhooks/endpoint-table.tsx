// Endpoints as rows, those in trouble first; on a narrow page each row becomes a small card. The address is the link.
import { Link } from '../frame/navigation.tsx';
import { useNow } from '../frame/use-now.ts';
import { AccountName } from '../parts/account-name.tsx';
import { StatusPill } from '../parts/status-pill.tsx';
import { Lasting, Moment } from '../parts/time-text.tsx';
import { healthOf, worstFirst } from './endpoint-health.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import type { Endpoint } from './endpoint-health.ts';
import type { JSX } from 'preact';

interface EndpointTableProps {
  readonly endpoints: readonly Endpoint[];
  readonly isOperator: boolean;
}

export function EndpointTable({ endpoints, isOperator }: EndpointTableProps): JSX.Element {
  const now = useNow();
  return (
    <table class="rows endpoint-rows" role="table">
      <caption class="unseen">Webhook endpoints, those in trouble first</caption>
      <ColumnHeads
        names={['State', 'Address', ...(isOperator ? ['Account'] : []), 'Rate', 'Last answer', 'Oldest undelivered']}
      />
      <tbody role="rowgroup">
        {worstFirst(endpoints, now).map((endpoint) => (
          <EndpointRow key={endpoint.id} endpoint={endpoint} isOperator={isOperator} now={now} />
        ))}
      </tbody>
    </table>
  );
}

interface EndpointRowProps {
  readonly endpoint: Endpoint;
  readonly isOperator: boolean;
  readonly now: number;
}

function EndpointRow({ endpoint, isOperator, now }: EndpointRowProps): JSX.Element {
  const { word, tone } = healthOf(endpoint, now);
  return (
    <tr role="row">
      <td role="cell" class="cell-state">
        <StatusPill tone={tone} text={word} />
      </td>
      <th role="rowheader" scope="row" class="cell-address">
        <Link to={`/webhooks/${endpoint.id}`} class="id">
          {endpoint.url}
        </Link>
        {endpoint.description !== null && <span class="faint"> {endpoint.description}</span>}
        <HealthLine endpoint={endpoint} now={now} />
      </th>
      {isOperator && (
        <td role="cell" class="cell-account">
          <AccountName id={endpoint.account} />
        </td>
      )}
      <td role="cell" class="cell-rate">
        {rateWords(endpoint)}
      </td>
      <td role="cell" class="cell-answer">
        <LastAnswer endpoint={endpoint} />
      </td>
      <td role="cell" class="cell-oldest">
        <OldestUndelivered endpoint={endpoint} />
      </td>
    </tr>
  );
}

/** Since when it fails, until when it is paused: in the list, where the state alone would raise the question. */
function HealthLine({ endpoint, now }: { readonly endpoint: Endpoint; readonly now: number }): JSX.Element | null {
  const { failing_since: failing, paused_until: until, disabled_at: disabledAt } = endpoint;
  const isPaused = until !== null && Date.parse(until) > now;
  if (endpoint.disabled && disabledAt !== null) {
    return (
      <span class="cell-note">
        disabled for <Lasting from={disabledAt} />
        {endpoint.disabled_reason !== 'owner' && `: ${endpoint.disabled_reason}`}
      </span>
    );
  }
  if (failing === null && !isPaused) return null;
  return (
    <span class="cell-note">
      {failing !== null && (
        <>
          failing for <Lasting from={failing} />
        </>
      )}
      {isPaused && (
        <>
          {failing !== null && ', '}next call <Moment at={until} />
        </>
      )}
    </span>
  );
}

export function rateWords({ rate_limit: rate }: Endpoint): string {
  return rate === null ? 'no limit' : `${rate}/s`;
}

export function LastAnswer({ endpoint }: { readonly endpoint: Endpoint }): JSX.Element {
  const last = endpoint.last_answer;
  if (!last) return <span class="faint">–</span>;
  return (
    <span>
      <span class="code">{last.http_status ?? last.cause ?? 'no answer'}</span>{' '}
      <span class="faint">
        <Moment at={last.at} />
      </span>
    </span>
  );
}

export function OldestUndelivered({ endpoint }: { readonly endpoint: Endpoint }): JSX.Element {
  const at = endpoint.oldest_undelivered_at;
  if (at === undefined) return <span class="faint">–</span>;
  if (at === null) return <span class="faint">none</span>;
  return (
    <span>
      <span class="narrow-only faint">undelivered since </span>
      <Moment at={at} />
      {typeof endpoint.pending === 'number' && <span class="faint"> · {endpoint.pending} wait</span>}
    </span>
  );
}
