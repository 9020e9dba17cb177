// What a deployment may choose about outputs that are kept in its own bucket. Pure data: the stack makes the bucket's
// lifecycle and the function's timeout from it, the keep stage reads the rest.
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time-ms.ts';
import type { RetentionSettings } from '../retention-settings.ts';

/** Folders of the bucket: of what is kept, and of inputs that are too long for the table. */
export const OUTPUTS_FOLDER = 'outputs';
export const INPUTS_FOLDER = 'inputs';
/** Of uploads that no task has named yet: emptied after a day. */
export const UNUSED_FOLDER = 'unused';
export type MediaFolder = typeof OUTPUTS_FOLDER | typeof INPUTS_FOLDER | typeof UNUSED_FOLDER;

export const keepChoices = ['no', 'yes', 'before-webhook'] as const;
/** What a client or an operator chooses. */
export type KeepChoice = (typeof keepChoices)[number];

export interface MediaSettings {
  /**
   * What happens to the outputs of a task whose submit has no `?keep=`: `no` leaves them where Get3W put them, `yes`
   * keeps them once the task has ended, `before-webhook` also holds its webhook until they are kept.
   * @change to `yes` where every output must outlive Get3W's seven days.
   */
  readonly keep: KeepChoice;
  /**
   * How long the bucket keeps an output, in whole days, from when it was kept.
   * @change shorter where outputs may be personal data; never below a task's deadline and `retention.tasksMs`.
   */
  readonly keptMs: number;
  /**
   * The longest output that is kept; a longer one is given up at once.
   * @change higher for long videos, together with `downloadTimeoutMs`.
   */
  readonly outputBytesMax: number;
  /**
   * Time that one run of the keep function has: an output that takes longer is cut off and tried again.
   * @change longer for large outputs from slow servers.
   */
  readonly downloadTimeoutMs: number;
  /**
   * How long the sender of an output may be silent before the download is cut off.
   * @change hardly ever.
   */
  readonly silenceMs: number;
  /**
   * Upper bound of the first delay after a failed try; each further one is twice the last, with full jitter.
   * @change longer for servers that need time to recover.
   */
  readonly retryBaseMs: number;
  /**
   * Upper bound of any such delay.
   * @change shorter when outputs must be safe soon after an outage.
   */
  readonly retryCapMs: number;
  /**
   * How long after its end a task's outputs can be fetched: Get3W deletes them after about seven days. The relay tries
   * until then, less one delay, and gives up what is left.
   * @change only if Get3W changes it.
   */
  readonly expiryMs: number;
  /**
   * How long the webhook of a task with `keep=before-webhook` waits for its outputs at most.
   * @change shorter where the news matters more than the copy.
   */
  readonly holdMs: number;
  /**
   * How long a signed address of a kept output is good; a new one is made for each answer.
   * @change shorter where addresses may leak.
   */
  readonly signedMs: number;
  /**
   * The largest file of one upload (`POST /v1/uploads`).
   * @change higher for long videos as inputs.
   */
  readonly uploadBytesMax: number;
  /**
   * Files up to so many bytes are sent by `/files/…` itself, without a redirect to the bucket; 0 redirects always.
   * @change above the size of usual inputs, where a fetcher follows no redirect; each file then passes through the api function.
   */
  readonly streamBytesMax: number;
}

export const defaultMediaSettings: MediaSettings = {
  keep: 'no',
  keptMs: 365 * DAY_MS,
  outputBytesMax: 2_000_000_000,
  downloadTimeoutMs: 5 * MINUTE_MS,
  silenceMs: 20 * SECOND_MS,
  retryBaseMs: 5 * SECOND_MS,
  retryCapMs: HOUR_MS,
  expiryMs: 7 * DAY_MS,
  holdMs: 10 * MINUTE_MS,
  signedMs: HOUR_MS,
  uploadBytesMax: 200_000_000,
  streamBytesMax: 0,
};

/** Life of a keep job's lease: longer than the keep function may run, so that only a dead run loses it. */
export function keepLeaseMs({ downloadTimeoutMs }: Pick<MediaSettings, 'downloadTimeoutMs'>): number {
  return downloadTimeoutMs + 20 * SECOND_MS;
}

/** Allowance between a task's deadline and the record of its end, for an outage of the relay itself. */
export const LATE_END_MS = 7 * DAY_MS;

interface InputAge {
  readonly deadlineMs: number;
  readonly retention: Pick<RetentionSettings, 'tasksMs'>;
}

/**
 * How long an input must live from its submit, or from a retry: the task ends by its deadline or little later, and may be
 * put back until its retention ends.
 */
export function inputLifeMs({ deadlineMs, retention }: InputAge): number {
  return deadlineMs + LATE_END_MS + retention.tasksMs;
}
