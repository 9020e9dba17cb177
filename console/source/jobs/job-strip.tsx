// The jobs that run now, above the list of tasks: a job goes on when the dialog that started it is closed.
import { useOperator } from '../frame/use-operator.ts';
import { usePages } from '../frame/use-pages.ts';
import { isRunning } from './job.ts';
import { JobProgress } from './job-progress.tsx';
import type { Job } from './job.ts';
import type { JSX } from 'preact';

const SHOWN_COUNT = 5;

export function JobStrip(): JSX.Element | null {
  const isOperator = useOperator();
  const query = isOperator === undefined ? undefined : { account: isOperator ? '*' : undefined, limit: SHOWN_COUNT };
  const { rows } = usePages<Job>('/v1/jobs', query);
  const running = rows.filter(isRunning);
  if (running.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="jobs-title">
      <h2 id="jobs-title">Running jobs</h2>
      {running.map((job) => (
        <JobProgress key={job.id} job={job} />
      ))}
    </section>
  );
}
