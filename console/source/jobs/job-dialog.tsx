// An act on many: first what it would reach, as the relay counts it; then, once confirmed, how far it is, with a way to
// stop it. The job goes on in the relay when the dialog or the page is closed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useRelay } from '../frame/relay-context.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import { countWords } from '../parts/words.ts';
import { isRunning } from './job.ts';
import { JobProgress } from './job-progress.tsx';
import { useJob } from './use-job.ts';
import type { Job, JobAction, JobEstimate, JobFilter } from './job.ts';
import type { JSX } from 'preact';

interface JobDialogProps {
  readonly action: JobAction;
  readonly filter: JobFilter;
  readonly onClose: () => void;
}

interface ActionWords {
  readonly title: string;
  readonly verb: string;
  readonly explains: string;
  readonly isDangerous?: true;
}

const words: Readonly<Record<JobAction, ActionWords>> = {
  cancel: {
    title: 'Cancel these tasks?',
    verb: 'Cancel',
    explains:
      'Each task that has not ended ends as cancelled, and its webhook is called with that. Get3W cannot stop what it works on: it may be charged.',
    isDangerous: true,
  },
  retry: {
    title: 'Retry these tasks?',
    verb: 'Retry',
    explains: 'Each failed task starts again with fresh attempts and a fresh deadline, and may be charged again.',
  },
  replay: {
    title: 'Send these webhooks again?',
    verb: 'Send again',
    explains: 'Receivers get the same events with the same webhook-id, so they can recognise what they have.',
  },
};

export function JobDialog({ onClose, ...props }: JobDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [job, setJob] = useState<Job>();
  useEffect(() => dialog.current?.showModal(), []);
  const close = (): void => dialog.current?.close();
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="job-title" onClose={onClose}>
      {job ? <RunningJob first={job} onClose={close} /> : <JobQuestion {...props} onJob={setJob} onClose={close} />}
    </dialog>
  );
}

interface Estimated {
  readonly estimate: JobEstimate | undefined;
  readonly refusal: string | undefined;
}

function useEstimate(action: JobAction, filter: JobFilter): Estimated {
  const { client } = useRelay();
  const [known, setKnown] = useState<Estimated>({ estimate: undefined, refusal: undefined });
  useEffect(() => {
    client.post<JobEstimate>('/v1/jobs', { action, filter, dry_run: true }).then(
      (estimate) => setKnown({ estimate, refusal: undefined }),
      (error: unknown) => {
        if (!(error instanceof RelayRefusal)) throw error;
        setKnown({ estimate: undefined, refusal: error.message });
      },
    );
  }, []);
  return known;
}

type QuestionProps = JobDialogProps & { readonly onJob: (job: Job) => void };

function JobQuestion({ action, filter, onJob, onClose }: QuestionProps): JSX.Element {
  const { client } = useRelay();
  const { title, verb, explains, isDangerous } = words[action];
  const { estimate, refusal } = useEstimate(action, filter);
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const why = reason.trim() === '' ? {} : { reason: reason.trim() };
      onJob(await client.post<Job>('/v1/jobs', { action, filter, ...why }));
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefused(error.message);
      setBusy(false);
    }
  };
  const said = refused ?? refusal;
  return (
    <form onSubmit={(event) => void start(event)}>
      <h2 id="job-title">{title}</h2>
      <p role="status">{reachWords(estimate, action, said !== undefined)}</p>
      <p>{explains}</p>
      <label class="field">
        <span>Reason, for the audit log (optional)</span>
        <input value={reason} maxLength={200} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      {said !== undefined && (
        <p class="refusal" role="alert">
          {said}
        </p>
      )}
      {refusal !== undefined && action !== 'replay' && !('ids' in filter) && (
        <p>
          Nothing has been changed. Where a job cannot have what the list is filtered by, leave that out, or select the
          tasks in the list.
        </p>
      )}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onClose}>
          Go back
        </button>
        <button
          type="submit"
          class={`button ${isDangerous ? 'button-danger' : 'button-strong'}`}
          disabled={isBusy || !(estimate && estimate.tasks > 0)}
        >
          {verb} {estimate && countedWords(estimate)}
        </button>
      </div>
    </form>
  );
}

function countedWords({ tasks, at_least: isMore }: JobEstimate): string {
  return `${countWords(tasks)}${isMore ? '+' : ''}`;
}

function reachWords(estimate: JobEstimate | undefined, action: JobAction, isRefused: boolean): string {
  if (!estimate) return isRefused ? '' : 'Counting …';
  const [one, many] = action === 'replay' ? ['delivery', 'deliveries'] : ['task', 'tasks'];
  return `It reaches ${countedWords(estimate)} ${estimate.tasks === 1 ? one : many}, as of now.`;
}

interface RunningJobProps {
  readonly first: Job;
  readonly onClose: () => void;
}

function RunningJob({ first, onClose }: RunningJobProps): JSX.Element {
  const { client } = useRelay();
  const job = useJob(first);
  const [refusal, setRefusal] = useState<string>();
  const stop = async (): Promise<void> => {
    try {
      await client.post(`/v1/jobs/${job.id}/stop`);
    } catch (error) {
      if (!(error instanceof RelayRefusal)) throw error;
      setRefusal(error.message);
    }
  };
  return (
    <form method="dialog">
      <h2 id="job-title">{isRunning(job) ? 'The job runs' : 'The job has ended'}</h2>
      <JobProgress job={job} />
      {refusal !== undefined && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
      {isRunning(job) && <p>It goes on in the relay when this page is closed; the list of tasks shows it.</p>}
      <div class="dialog-buttons">
        {job.status === 'running' && (
          <button type="button" class="button" onClick={() => void stop()}>
            Stop the job
          </button>
        )}
        <button type="button" class="button button-strong" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}
