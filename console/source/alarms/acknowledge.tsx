// Who is at an alarm that is on, or a button to say that one is.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { Moment } from '../parts/time-text.tsx';
import type { PublicAlarm } from '../../../core/http/monitoring.ts';
import type { JSX } from 'preact';

interface AcknowledgeProps {
  readonly alarm: PublicAlarm;
  readonly onDone: () => void;
}

export function Acknowledge({ alarm, onDone }: AcknowledgeProps): JSX.Element | null {
  const { client } = useRelay();
  const [isAsked, setAsked] = useState(false);
  const [reason, setReason] = useState('');
  if (alarm.state !== 'ALARM') return null;
  const acknowledge = async (): Promise<void> => {
    const body = { name: alarm.name, ...(reason.trim() !== '' && { reason: reason.trim() }) };
    await client.post('/v1/monitoring/alarms/acknowledge', body);
    giveNotice(`You have acknowledged ${alarm.name}`);
    onDone();
  };
  return (
    <div class="alarm-acknowledged">
      <AcknowledgedBy alarm={alarm} />
      <button type="button" class="button" onClick={() => setAsked(true)} aria-label={`Acknowledge ${alarm.name}`}>
        {alarm.acknowledged ? 'Take over' : 'Acknowledge'}
      </button>
      {isAsked && (
        <ActionDialog
          title={`Acknowledge ${alarm.name}?`}
          action="Acknowledge"
          onAction={acknowledge}
          onClose={() => setAsked(false)}
        >
          <p>Others see with your key’s name that you are at it. This ends with the alarm and changes nothing else.</p>
          <label class="field">
            <span>What you do (optional)</span>
            <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        </ActionDialog>
      )}
    </div>
  );
}

export function AcknowledgedBy({ alarm: { acknowledged } }: { readonly alarm: PublicAlarm }): JSX.Element | null {
  if (!acknowledged) return null;
  return (
    <span class="acknowledged">
      <strong>{acknowledged.by}</strong> is at it, since <Moment at={acknowledged.at} />
      {acknowledged.reason !== null && `: ${acknowledged.reason}`}
    </span>
  );
}
