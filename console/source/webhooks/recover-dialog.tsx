// Sends an endpoint everything that it has missed since a moment. The API does it in bounded steps; the dialog takes one
// after the other, shows how far it is, and closing it stops before the next step.
import { useEffect, useRef, useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { HOUR_MS } from '../../../core/domain/time-ms.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { countWords, plural } from '../parts/words.ts';
import { inputMoment, momentOfInput } from '../parts/moment-input.ts';
import { zoneText } from '../parts/zone.ts';
import type { Endpoint } from './endpoint-health.ts';
import type { JSX } from 'preact';

interface RecoverDialogProps {
  readonly endpoint: Endpoint;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

interface Step {
  readonly done: boolean;
  readonly examined: number;
  readonly recovered: number;
  readonly under_way: number;
  readonly next_cursor: string | null;
}

interface Progress {
  readonly examined: number;
  readonly recovered: number;
  readonly underWay: number;
}

const nothing: Progress = { examined: 0, recovered: 0, underWay: 0 };

/** Since it fails, or a day: what one on call most probably means. */
function likelySince({ failing_since: failing, disabled_at: disabledAt }: Endpoint): number {
  const known = failing ?? disabledAt;
  return known === null ? Date.now() - 24 * HOUR_MS : Date.parse(known);
}

export function RecoverDialog({ endpoint, onDone, onClose }: RecoverDialogProps): JSX.Element {
  const { client } = useRelay();
  const [since, setSince] = useState(() => inputMoment(likelySince(endpoint)));
  const [progress, setProgress] = useState<Progress>();
  const isStopped = useRef(false);
  useEffect(() => () => void (isStopped.current = true), []);
  const recover = async (): Promise<void> => {
    let sum = nothing;
    let cursor: string | null = null;
    setProgress(sum);
    do {
      const body = { since: momentOfInput(since), ...(cursor !== null && { cursor }) };
      const step: Step = await client.post<Step>(`/v1/webhook-endpoints/${endpoint.id}/recover`, body);
      sum = {
        examined: sum.examined + step.examined,
        recovered: sum.recovered + step.recovered,
        underWay: sum.underWay + step.under_way,
      };
      setProgress(sum);
      cursor = step.done ? null : step.next_cursor;
    } while (cursor !== null && !isStopped.current);
    giveNotice(`${isStopped.current ? 'Stopped: ' : ''}${plural(sum.recovered, 'delivery', 'deliveries')} recovered`);
    onDone();
  };
  return (
    <ActionDialog title="Recover this endpoint?" action="Recover" onAction={recover} onClose={onClose}>
      <p>
        The relay sends every event since then that the endpoint should have had and has not accepted, oldest first.
        What it has accepted is not sent again.
      </p>
      <label class="field">
        <span>{`Since, ${zoneText()}`}</span>
        <input
          type="datetime-local"
          step={1}
          required
          value={since}
          onInput={(event) => setSince(event.currentTarget.value)}
        />
      </label>
      {endpoint.disabled && <p class="note">It is disabled: enable it first.</p>}
      {progress && (
        <p role="status">
          {countWords(progress.examined)} events examined, {countWords(progress.recovered)} to be sent again
          {progress.underWay > 0 && `, ${countWords(progress.underWay)} under way already`}. Going back stops it.
        </p>
      )}
    </ActionDialog>
  );
}
