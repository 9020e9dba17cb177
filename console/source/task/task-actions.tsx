// The actions on one task: cancel it while it is unfinished, retry it after it has failed. Both ask first.
import { useState } from 'preact/hooks';
import { giveNotice } from '../frame/notices.tsx';
import { useRelay } from '../frame/relay-context.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { errorOf } from '../parts/error-keys.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';
import type { JSX } from 'preact';

interface TaskActionsProps {
  readonly task: PublicTask;
  readonly onDone: () => void;
}

export function TaskActions({ task, onDone }: TaskActionsProps): JSX.Element {
  const [asked, setAsked] = useState<'cancel' | 'retry'>();
  return (
    <>
      {task.completed_at === null && (
        <button type="button" class="button" onClick={() => setAsked('cancel')}>
          Cancel
        </button>
      )}
      {task.status === 'failed' && (
        <button
          type="button"
          class={isHopeless(task) ? 'button' : 'button button-strong'}
          onClick={() => setAsked('retry')}
        >
          Retry
        </button>
      )}
      {asked === 'cancel' && <CancelDialog task={task} onDone={onDone} onClose={() => setAsked(undefined)} />}
      {asked === 'retry' && <RetryDialog task={task} onDone={onDone} onClose={() => setAsked(undefined)} />}
    </>
  );
}

/** The same request would fail again: the user may retry it, but the page does not suggest it. */
function isHopeless({ code }: PublicTask): boolean {
  return errorOf('task', code ?? '')?.transient === false;
}

type DialogProps = TaskActionsProps & { readonly onClose: () => void };

function CancelDialog({ task, onDone, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const cancel = async (): Promise<void> => {
    await client.remove(`/v1/requests/${task.id}`);
    giveNotice('The task is cancelled');
    onDone();
  };
  const isAtGet3w = task.attempts.some(({ ended_at }) => ended_at === null);
  return (
    <ActionDialog title="Cancel this task?" action="Cancel the task" isDangerous onAction={cancel} onClose={onClose}>
      <p>The task ends as cancelled, the relay calls its webhook with that result and makes no further attempt.</p>
      {isAtGet3w && <p>Get3W cannot stop an attempt: it runs on there, keeps its slot, and may be charged.</p>}
    </ActionDialog>
  );
}

function RetryDialog({ task, onDone, onClose }: DialogProps): JSX.Element {
  const { client } = useRelay();
  const retry = async (): Promise<void> => {
    await client.post(`/v1/requests/${task.id}/retry`);
    giveNotice('The relay retries the task');
    onDone();
  };
  return (
    <ActionDialog title="Retry this task?" action="Retry the task" onAction={retry} onClose={onClose}>
      <p>It starts again, with its attempts and its deadline counted from now, and may be charged again.</p>
      <p>When it ends, the relay calls its webhook once more.</p>
    </ActionDialog>
  );
}
