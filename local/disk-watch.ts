// Tells the person at the terminal that the disk of the data directory is full, or soon will be: nobody looks for that
// behind a failed task. Looks at the free space from time to time, and is told of writes that failed (a quota shows only
// there). What a full disk does to tasks and logs is theirs who write.
import { statfs } from 'node:fs/promises';

export interface DiskWatchOptions {
  readonly path: string;
  readonly warn: (text: string) => void;
  /** @default as the file system tells */
  readonly freeBytes?: () => Promise<number>;
  /** @default 5,000 */
  readonly periodMs?: number;
}

type DiskState = 'fine' | 'low' | 'full';

const LOW_BYTES = 200 * 1024 * 1024;
/** A table's page and a line of a journal no longer fit for long. */
const FULL_BYTES = 2 * 1024 * 1024;
const PERIOD_MS_DEFAULT = 5_000;
const ranks: Readonly<Record<DiskState, number>> = { fine: 0, low: 1, full: 2 };
const fullCodes = ['ENOSPC', 'EDQUOT'];

export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #state: DiskState = 'fine';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.look();
    this.#timer = setInterval(() => void this.look(), this.#options.periodMs ?? PERIOD_MS_DEFAULT).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once; a file system that does not tell is left alone. */
  async look(): Promise<void> {
    const bytes = await (this.#options.freeBytes ?? (() => freeBytesOf(this.#options.path)))().catch(() => undefined);
    if (bytes !== undefined) this.#become(bytes < FULL_BYTES ? 'full' : bytes < LOW_BYTES ? 'low' : 'fine', bytes);
  }

  /** Told of any write that failed; warns when it was for want of space. */
  readonly failed = (error: NodeJS.ErrnoException): void => {
    if (fullCodes.includes(error.code ?? '')) this.#become('full', 0);
  };

  /** Each state is told once, and again only after things were better. */
  #become(state: DiskState, bytes: number): void {
    const { path, warn } = this.#options;
    const isWorse = ranks[state] > ranks[this.#state];
    this.#state = state;
    if (!isWorse) return;
    if (state === 'low') warn(`Only ${Math.floor(bytes / 1024 ** 2)} MB are left on the disk with ${path}.`);
    if (state === 'full') {
      warn(
        `The disk with ${path} is full: tasks cannot be stored and are refused with 500, logs are lost. ` +
          'Free some space; the relay then goes on by itself.',
      );
    }
  }
}

async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
