// Warns on the terminal that the disk of the data directory is full, or soon will be, which a failed task does not
// show. It checks the free space from time to time and gets failed writes (a quota shows only there). The writers
// themselves handle a full disk.
import { statfs } from 'node:fs/promises';

interface DiskWatchOptions {
  readonly path: string;
  readonly warn: (text: string) => void;
  /** @default what the file system reports */
  readonly freeBytes?: () => Promise<number>;
  /** @default 5,000 */
  readonly periodMs?: number;
}

type DiskState = 'fine' | 'low' | 'full';

const LOW_BYTES = 200 * 1024 * 1024;
/** Below this, there is hardly room for a page of a table and a line of a journal. */
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

  /** Checks the free space once; a file system that does not report it is ignored. */
  async look(): Promise<void> {
    const bytes = await (this.#options.freeBytes ?? (() => freeBytesOf(this.#options.path)))().catch(() => undefined);
    if (bytes !== undefined) this.#become(bytes < FULL_BYTES ? 'full' : bytes < LOW_BYTES ? 'low' : 'fine', bytes);
  }

  /** To be called with every failed write; warns when the cause was a lack of space. */
  readonly failed = (error: NodeJS.ErrnoException): void => {
    if (fullCodes.includes(error.code ?? '')) this.#become('full', 0);
  };

  /** Each state is reported once, and again only after it has improved in between. */
  #become(state: DiskState, bytes: number): void {
    const { path, warn } = this.#options;
    const isWorse = ranks[state] > ranks[this.#state];
    this.#state = state;
    if (!isWorse) return;
    if (state === 'low') warn(`Only ${Math.floor(bytes / 1024 ** 2)} MB are left on the disk with ${path}.`);
    if (state === 'full') {
      warn(
        `The disk with ${path} is full: tasks cannot be stored and are refused with 500, logs are lost. ` +
          'Free some space; the relay then continues.',
      );
    }
  }
}

async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
