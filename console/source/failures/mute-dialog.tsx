// Mutes a group of failures that is known: until when, and why, which is shown beside the group and kept in the audit log.
import { useState } from 'preact/hooks';
import { DAY_MS, HOUR_MS } from '../../../core/domain/time-ms.ts';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { muteBody } from './failure-links.ts';
import type { Failure } from './failure-links.ts';
import type { JSX } from 'preact';

interface MuteDialogProps {
  readonly failure: Failure;
  readonly isOperator: boolean;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const spans = [
  { spanMs: 2 * HOUR_MS, text: '2 hours' },
  { spanMs: 8 * HOUR_MS, text: '8 hours' },
  { spanMs: DAY_MS, text: 'a day' },
  { spanMs: 7 * DAY_MS, text: 'a week' },
  { spanMs: 30 * DAY_MS, text: '30 days' },
] as const;

export function MuteDialog({ failure, isOperator, onDone, onClose }: MuteDialogProps): JSX.Element {
  const { client } = useRelay();
  const [spanMs, setSpanMs] = useState<number>(spans[0].spanMs);
  const [isOfAll, setOfAll] = useState(false);
  const [reason, setReason] = useState('');
  const mute = async (): Promise<void> => {
    const until = new Date(Date.now() + spanMs).toISOString();
    const account = isOperator && isOfAll ? { account: '*' } : {};
    await client.post('/v1/failures/mute', { ...muteBody(failure), ...account, until, reason: reason.trim() });
    onDone();
  };
  return (
    <ActionDialog title="Mute this group?" action="Mute" onAction={mute} onClose={onClose}>
      <p>
        {failure.key} of {failure.model} is listed last until then{isOperator && ', for all operators'}. Its tasks,
        alarms and webhooks stay as they are.
      </p>
      <label class="field">
        <span>For</span>
        <select value={String(spanMs)} onChange={(event) => setSpanMs(Number(event.currentTarget.value))}>
          {spans.map((span) => (
            <option key={span.spanMs} value={String(span.spanMs)}>
              {span.text}
            </option>
          ))}
        </select>
      </label>
      {isOperator && (
        <label class="field">
          <span>Of</span>
          <select value={isOfAll ? '*' : ''} onChange={(event) => setOfAll(event.currentTarget.value === '*')}>
            <option value="">this account</option>
            <option value="*">all accounts</option>
          </select>
        </label>
      )}
      <label class="field">
        <span>Why, for those who see it</span>
        <input required value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </ActionDialog>
  );
}
