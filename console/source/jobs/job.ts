// Jobs: acts on many tasks or deliveries that the relay works off, as the API shows them.
import type { PublicJob } from '../../../core/http/public-job.ts';

export type JobAction = 'cancel' | 'retry' | 'replay';

/** What the list call filters by, or ids, or the deliveries of an endpoint. */
export type JobFilter = Readonly<Record<string, string | readonly string[]>>;

export type Job = PublicJob;

export interface JobEstimate {
  readonly tasks: number;
  /** There are more than were counted. */
  readonly at_least: boolean;
}

export function isRunning({ status }: Job): boolean {
  return status === 'running' || status === 'stopping';
}

export const doneWords: Readonly<Record<string, string>> = {
  cancel: 'cancelled',
  retry: 'put back',
  replay: 'sent again',
};
