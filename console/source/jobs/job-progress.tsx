// How far a job is: a bar, what it has done, left out and failed at, and why.
import { StatusPill } from '../parts/status-pill.tsx';
import { countWords } from '../parts/words.ts';
import { doneWords } from './job.ts';
import type { Job } from './job.ts';
import type { JSX } from 'preact';

const tones: Readonly<Record<string, 'busy' | 'warn' | 'good' | 'bad'>> = {
  running: 'busy',
  stopping: 'warn',
  stopped: 'warn',
  done: 'good',
  failed: 'bad',
};

export function JobProgress({ job }: { readonly job: Job }): JSX.Element {
  const { action, status, seen, expected, done, skipped, failed, skips, last_error: error } = job;
  // Tasks that were on their way to the state when the job was counted are its own too.
  const whole = Math.max(1, expected, seen);
  return (
    <div class="job-progress" role="status">
      <progress max={whole} value={status === 'done' ? whole : seen} aria-label="Progress of the job" />
      <p>
        <StatusPill tone={tones[status] ?? 'busy'} text={status} /> {countWords(done)} {doneWords[action]}
        {skipped > 0 && `, ${countWords(skipped)} left out`}
        {failed > 0 && `, ${countWords(failed)} failed`} of {countWords(Math.max(expected, seen))}
        {job.expected_at_least && '+'}
      </p>
      {skipped > 0 && <p class="faint">Left out: {skipWords(skips)}</p>}
      {error !== null && <p class="refusal">{error}</p>}
    </div>
  );
}

function skipWords(skips: Readonly<Record<string, number>>): string {
  return Object.entries(skips)
    .map(([why, count]) => `${countWords(count)} ${why}`)
    .join(', ');
}
