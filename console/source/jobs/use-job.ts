// One job, kept fresh until it has ended.
import { useEffect, useState } from 'preact/hooks';
import { useRelay } from '../frame/relay-context.ts';
import { RelayRefusal } from '../relay/relay-client.ts';
import { isRunning } from './job.ts';
import type { Job } from './job.ts';

const EVERY_MS = 1_000;

/** @param first the job as it was made. */
export function useJob(first: Job): Job {
  const { client } = useRelay();
  const [job, setJob] = useState(first);
  useEffect(() => {
    const stopping = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      let known: Job | undefined;
      try {
        known = await client.get<Job>(`/v1/jobs/${first.id}`, stopping.signal);
        setJob(known);
      } catch (error) {
        if (stopping.signal.aborted) return;
        // The next call may succeed; the job goes on in any case.
        if (!(error instanceof RelayRefusal)) throw error;
      }
      if (!stopping.signal.aborted && (known === undefined || isRunning(known))) schedule();
    };
    const schedule = (): void => void (timer = setTimeout(() => void ask(), EVERY_MS));
    schedule();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [first.id]);
  return job;
}
