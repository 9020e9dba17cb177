// Pauses the gate, with a reason and for a time: the gate resumes alone when it is over, or when an operator resumes it.
import { useState } from 'preact/hooks';
import { HOUR_MS, MINUTE_MS } from '../../../core/domain/time-ms.ts';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { queryOf } from '../relay/relay-client.ts';
import type { JSX } from 'preact';

const spans: readonly { readonly text: string; readonly spanMs: number | undefined }[] = [
  { text: 'until an operator resumes it', spanMs: undefined },
  { text: '15 minutes', spanMs: 15 * MINUTE_MS },
  { text: '1 hour', spanMs: HOUR_MS },
  { text: '4 hours', spanMs: 4 * HOUR_MS },
  { text: '24 hours', spanMs: 24 * HOUR_MS },
];

const REASON_CHARS_MAX = 200;

interface PauseDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function PauseDialog({ onDone, onClose }: PauseDialogProps): JSX.Element {
  const { client } = useRelay();
  const [span, setSpan] = useState(0);
  const [reason, setReason] = useState('');
  const pause = async (): Promise<void> => {
    const spanMs = spans[span]?.spanMs;
    const until = spanMs === undefined ? undefined : new Date(Date.now() + spanMs).toISOString();
    await client.post(`/v1/gate/pause${queryOf({ until, reason: reason.trim() })}`);
    giveNotice('The gate is paused');
    onDone();
  };
  return (
    <ActionDialog title="Pause the gate?" action="Pause the gate" isDangerous onAction={pause} onClose={onClose}>
      <p>The relay submits no task to Get3W meanwhile. It still accepts tasks; they wait.</p>
      <p>Tasks that Get3W already works on end as usual. Deadlines keep running.</p>
      <label class="field">
        <span>For how long</span>
        <select value={String(span)} onChange={(event) => setSpan(Number(event.currentTarget.value))}>
          {spans.map(({ text }, index) => (
            <option key={text} value={String(index)}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Reason, for other operators and the audit log (optional)</span>
        <input value={reason} maxLength={REASON_CHARS_MAX} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </ActionDialog>
  );
}
