// The deliveries of one endpoint, newest first, by state: each opens to its attempts, and may be sent again.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { Link, navigate, useAddress } from '../frame/navigation.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { usePages } from '../frame/use-pages.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { EmptyNote, MoreButton, RefusalNote } from '../parts/view-frame.tsx';
import { plural, shortId } from '../parts/words.ts';
import { DeliveryAttempts } from './delivery-attempts.tsx';
import { waitWords } from './delivery-wait.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';
import type { Endpoint } from './endpoint-health.ts';
import type { JSX } from 'preact';

const PAGE_SIZE_COUNT = 25;

type Status = '' | 'pending' | 'delivered' | 'exhausted';

const statuses: readonly { readonly value: Status; readonly text: string }[] = [
  { value: '', text: 'All' },
  { value: 'pending', text: 'Waiting' },
  { value: 'exhausted', text: 'Failed' },
  { value: 'delivered', text: 'Delivered' },
];

export function DeliveryList({ endpoint }: { readonly endpoint: Endpoint }): JSX.Element {
  const { searchParams } = useAddress();
  const status = statuses.find(({ value }) => value === searchParams.get('status'))?.value ?? '';
  const [asked, setAsked] = useState<PublicDelivery>();
  const path = `/v1/webhook-endpoints/${endpoint.id}/deliveries`;
  const { polled, rows, showMore } = usePages<PublicDelivery>(path, { status, limit: PAGE_SIZE_COUNT });
  const show = (value: Status): void =>
    navigate(`/webhooks/${endpoint.id}${value === '' ? '' : `?status=${value}`}`, { isReplacing: true });
  return (
    <section class="panel" aria-labelledby="deliveries-title">
      <div class="panel-head">
        <h2 id="deliveries-title">Deliveries</h2>
        <Segmented label="Deliveries shown" options={statuses} value={status} onChange={show} />
      </div>
      <RefusalNote of={polled} />
      {rows.length > 0 && (
        <ul class="delivery-list">
          {rows.map((delivery) => (
            <DeliveryItem key={delivery.id} delivery={delivery} onReplay={setAsked} />
          ))}
        </ul>
      )}
      {polled.value && rows.length === 0 && (
        <EmptyNote>{status === '' ? 'Nothing has been sent to it yet.' : 'No delivery is in this state.'}</EmptyNote>
      )}
      <MoreButton showMore={showMore} text="Show older deliveries" />
      {asked && (
        <ReplayDialog
          endpoint={endpoint}
          delivery={asked}
          onDone={polled.refresh}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

interface DeliveryItemProps {
  readonly delivery: PublicDelivery;
  readonly onReplay: (delivery: PublicDelivery) => void;
}

function DeliveryItem({ delivery, onReplay }: DeliveryItemProps): JSX.Element {
  const last = delivery.attempts.at(-1);
  const wait = waitWords(delivery);
  return (
    <li>
      <details>
        <summary>
          <StatePill state={delivery.status} />
          <span class="delivery-type">{delivery.event_type}</span>
          {last && <span class="code">{last.http_status ?? last.cause ?? 'no answer'}</span>}
          <span class="faint">
            {plural(delivery.attempt_count, 'call')} · <Moment at={delivery.created_at} />
          </span>
          {wait !== undefined && <span class="delivery-wait">{wait}</span>}
        </summary>
        <div class="delivery-body">
          <p class="delivery-facts">
            {delivery.request_id !== null && (
              <span>
                Task <Link to={`/tasks/${delivery.request_id}`}>{shortId(delivery.request_id)}</Link>
              </span>
            )}
            <span>
              Event <span class="id">{delivery.event_id}</span>
            </span>
            {delivery.reason !== null && <span>Given up: {delivery.reason.replaceAll('_', ' ')}</span>}
            <button type="button" class="button" onClick={() => onReplay(delivery)}>
              Send again
            </button>
          </p>
          <DeliveryAttempts delivery={delivery} />
        </div>
      </details>
    </li>
  );
}

interface ReplayDialogProps {
  readonly endpoint: Endpoint;
  readonly delivery: PublicDelivery;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function ReplayDialog({ endpoint, delivery, onDone, onClose }: ReplayDialogProps): JSX.Element {
  const { client } = useRelay();
  const replay = async (): Promise<void> => {
    await client.post(`/v1/webhook-endpoints/${endpoint.id}/deliveries/${delivery.id}/replay`);
    giveNotice('The relay sends the webhook again');
    onDone();
  };
  return (
    <ActionDialog title="Send this webhook again?" action="Send it again" onAction={replay} onClose={onClose}>
      <p>
        <span class="delivery-receiver">{endpoint.url}</span> receives the same event with the same{' '}
        <code>webhook-id</code>. A pause of the endpoint ends with it.
      </p>
    </ActionDialog>
  );
}
