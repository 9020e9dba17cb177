// The webhooks of a task: the state of each, its next attempt, and a button to send one again, which asks first.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { StatePill } from '../parts/status-pill.tsx';
import { Moment } from '../parts/time-text.tsx';
import { plural } from '../parts/words.ts';
import type { JSX } from 'preact';
import type { Polled } from '../frame/use-polled.ts';
import type { PublicDelivery } from '../../../core/http/public-webhook.ts';

interface DeliveryPanelProps {
  readonly taskId: string;
  readonly deliveries: Polled<readonly PublicDelivery[]>;
}

export function DeliveryPanel({ taskId, deliveries }: DeliveryPanelProps): JSX.Element | null {
  const [asked, setAsked] = useState<PublicDelivery>();
  const known = deliveries.value ?? [];
  if (known.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="webhooks-title">
      <h2 id="webhooks-title">Webhooks</h2>
      <ul class="deliveries">
        {known.map((delivery) => (
          <li key={delivery.id}>
            <StatePill state={delivery.status} />
            <span class="delivery-receiver">{delivery.receiver}</span>
            <span class="faint">
              {plural(delivery.attempts.length, 'call')}
              {delivery.next_attempt_at !== null && (
                <>
                  , next <Moment at={delivery.next_attempt_at} />
                </>
              )}
            </span>
            <button type="button" class="button" onClick={() => setAsked(delivery)}>
              Send again
            </button>
          </li>
        ))}
      </ul>
      {asked && (
        <ReplayDialog
          taskId={taskId}
          delivery={asked}
          onDone={deliveries.refresh}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

interface ReplayDialogProps {
  readonly taskId: string;
  readonly delivery: PublicDelivery;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function ReplayDialog({ taskId, delivery, onDone, onClose }: ReplayDialogProps): JSX.Element {
  const { client } = useRelay();
  const replay = async (): Promise<void> => {
    await client.post(`/v1/requests/${taskId}/deliveries/${delivery.id}/replay`);
    giveNotice('The relay sends the webhook again');
    onDone();
  };
  return (
    <ActionDialog title="Send this webhook again?" action="Send it again" onAction={replay} onClose={onClose}>
      <p>
        <span class="delivery-receiver">{delivery.receiver}</span> receives the same event with the same{' '}
        <code>webhook-id</code>, so a receiver that already has it can recognise the repeat.
      </p>
    </ActionDialog>
  );
}
