// The webhook endpoints: of all accounts for operators, of the key's own for others. Those in trouble come first.
import { useState } from 'preact/hooks';
import { navigate, useAddress } from '../frame/navigation.tsx';
import { usualPace } from '../frame/pace.ts';
import { useRelay } from '../frame/relay-context.ts';
import { useOperator } from '../frame/use-operator.ts';
import { usePages } from '../frame/use-pages.ts';
import { EmptyNote, Freshness, MoreButton, RefusalNote, ViewFrame } from '../parts/view-frame.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { EndpointTable } from './endpoint-table.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import type { Pages } from '../frame/use-pages.ts';
import type { Endpoint } from './endpoint-health.ts';
import type { MadeSecret } from './secret-dialog.tsx';
import type { JSX } from 'preact';

/** A page reads 25 accounts, most of which have no endpoint. */
const CALLS_MAX = 4;

export function WebhooksView(): JSX.Element {
  const { local } = useRelay();
  const isOperator = useOperator();
  const account = useAddress().searchParams.get('account') ?? '';
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<MadeSecret>();
  const { polled, rows, showMore } = useEndpoints(isOperator, account);
  const isEmpty = isOperator !== undefined && polled.value !== undefined && rows.length === 0 && showMore === undefined;
  const created = (endpoint: Endpoint, secret: string): void => {
    polled.refresh();
    setMade({ endpointId: endpoint.id, secret, publicKey: endpoint.public_key });
  };
  return (
    <ViewFrame
      title="Webhooks"
      tools={
        <>
          <Freshness of={polled} pace={usualPace(local)} />
          <button type="button" class="button button-strong" onClick={() => setCreating(true)}>
            Add an endpoint
          </button>
        </>
      }
    >
      {isOperator && <AccountFilter account={account} />}
      <RefusalNote of={polled} />
      {rows.length > 0 && (
        <div class="panel panel-flush">
          <EndpointTable endpoints={rows} isOperator={isOperator ?? false} />
        </div>
      )}
      {isEmpty && <NoEndpoint isOfAccount={account !== ''} />}
      <MoreButton showMore={showMore} text="Show more endpoints" />
      {isCreating && (
        <EndpointForm account={account || undefined} onDone={created} onClose={() => setCreating(false)} />
      )}
      {made && <SecretDialog made={made} onClose={() => navigate(`/webhooks/${made.endpointId}`)} />}
    </ViewFrame>
  );
}

/** An operator who names no account asks for all of them. */
function useEndpoints(isOperator: boolean | undefined, account: string): Pages<Endpoint> {
  const asked = account === '' && isOperator ? '*' : account;
  const query = isOperator === undefined ? undefined : { account: asked };
  return usePages<Endpoint>('/v1/webhook-endpoints', query, { callsMax: CALLS_MAX });
}

function NoEndpoint({ isOfAccount }: { readonly isOfAccount: boolean }): JSX.Element {
  return (
    <EmptyNote>
      {isOfAccount
        ? 'This account has no endpoint.'
        : 'No endpoint yet. An endpoint receives a signed webhook for each task that ends; add one, or give a submit its own webhook address.'}
    </EmptyNote>
  );
}

function AccountFilter({ account }: { readonly account: string }): JSX.Element {
  const [text, setText] = useState(account);
  const show = (event: Event): void => {
    event.preventDefault();
    const id = text.trim();
    navigate(id === '' ? '/webhooks' : `/webhooks?account=${encodeURIComponent(id)}`, { isReplacing: true });
  };
  return (
    <form class="filters filters-short" role="search" aria-label="Filter endpoints" onSubmit={show}>
      <label class="field">
        <span>Account</span>
        <input
          type="search"
          class="id"
          placeholder="all accounts"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onChange={show}
        />
      </label>
    </form>
  );
}
