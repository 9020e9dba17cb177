// Sends dead letters back to their queues, after a confirmation that says what will happen. The API does it in bounded
// calls; the dialog makes one after the other until none is left, and closing it stops before the next.
import { useEffect, useRef, useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { countWords, plural } from '../parts/words.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import { causesOf, errorWords } from './dead-letters.ts';
import type { QueueLetters, Redriven } from './dead-letters.ts';
import type { JSX } from 'preact';

interface RedriveDialogProps {
  /** One, or `all`. */
  readonly queue: string;
  readonly queues: readonly QueueLetters[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const REASON_CHARS_MAX = 200;

export function RedriveDialog({ queue, queues, onDone, onClose }: RedriveDialogProps): JSX.Element {
  const { client } = useRelay();
  const [reason, setReason] = useState('');
  const [progress, setProgress] = useState<Pick<Redriven, 'moved' | 'left'>>();
  // The list goes on behind the dialog; what was confirmed stays as it was.
  const [shown] = useState(queues);
  const isStopped = useRef(false);
  useEffect(() => () => void (isStopped.current = true), []);
  const count = shown.reduce((sum, { messages }) => sum + messages, 0);
  const sendBack = async (): Promise<void> => {
    const why = reason.trim();
    const body = { queue, ...(why !== '' && { reason: why }) };
    let moved = 0;
    let step: Redriven;
    do {
      step = await client.post<Redriven>('/v1/dead-letters/redrive', body);
      moved += step.moved;
      setProgress({ moved, left: step.left });
    } while (step.left > 0 && step.moved > 0 && !isStopped.current);
    const failed = errorWords(step);
    if (failed !== undefined) {
      onDone();
      // The dialog stays open with it: a notice would be gone before it is read.
      throw new RelayRefusal(0, failed);
    }
    giveNotice(`${plural(moved, 'dead letter')} sent back${step.left > 0 ? `, ${countWords(step.left)} left` : ''}`);
    onDone();
  };
  return (
    <ActionDialog
      title={`Send ${plural(count, 'dead letter')} back?`}
      action="Send back"
      onAction={sendBack}
      onClose={onClose}
    >
      <p>
        The relay puts each message of {shown.map(({ queue: name }) => name).join(', ')} back into its queue and tries
        it again at once. One that no longer fits its task changes nothing. One whose cause is still there fails again,
        and returns here after ten tries.
      </p>
      <ul class="letter-causes">
        {causesOf(shown.flatMap(({ letters }) => letters)).map(({ name, count: times }) => (
          <li key={name}>
            {countWords(times)} × <span class="id">{name}</span>
          </li>
        ))}
      </ul>
      <label class="field">
        <span>Reason, for the audit log (optional)</span>
        <input value={reason} maxLength={REASON_CHARS_MAX} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      {progress && (
        <p role="status">
          {countWords(progress.moved)} sent back, {countWords(progress.left)} left. Going back stops it.
        </p>
      )}
    </ActionDialog>
  );
}
