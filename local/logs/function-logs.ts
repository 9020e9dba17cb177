// Keeps what functions print: every line goes to a file of the data directory, one per function, and its measurements
// to the metric store. Shows warnings and errors of the relay on the terminal when asked to.
import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readEmbeddedMetrics } from '../cloudwatch/metrics/embedded-metrics.ts';
import { taskEndLine } from './task-end-line.ts';
import type { WriteStream } from 'node:fs';
import type { PrintedLine } from '../lambda/invocation.ts';
import type { MetricStore } from '../cloudwatch/metrics/metric-store.ts';

interface FunctionLogsOptions {
  readonly logsDir: string;
  readonly metrics: MetricStore;
  /** Shows a line on the terminal; undefined to show none. */
  readonly show?: ((functionName: string, text: string) => void) | undefined;
  /** Called when a file could not be written: these lines are lost, and the next ones are tried again. */
  readonly onFailed?: ((error: NodeJS.ErrnoException) => void) | undefined;
  /** Called with one line for each task that has ended. */
  readonly onTaskEnd?: ((text: string) => void) | undefined;
}

/** A larger file is renamed at the next start, and replaces the one renamed before. */
const FILE_BYTES_MAX = 20 * 1024 * 1024;

export class FunctionLogs {
  readonly #options: FunctionLogsOptions;
  readonly #files = new Map<string, WriteStream>();

  constructor(options: FunctionLogsOptions) {
    this.#options = options;
    mkdirSync(options.logsDir, { recursive: true });
  }

  readonly write = (functionName: string, lines: readonly PrintedLine[]): void => {
    const { metrics, show, onTaskEnd } = this.#options;
    this.#file(functionName).write(lines.map(({ text }) => `${text}\n`).join(''));
    for (const { stream, text } of lines) {
      for (const measurement of readEmbeddedMetrics(text)) metrics.record(measurement);
      const end = onTaskEnd && taskEndLine(text, new Date());
      if (end !== undefined) onTaskEnd?.(end);
      if (show && (stream === 'stderr' || isTrouble(text))) show(functionName, text);
    }
  };

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => new Promise((resolve) => file.end(resolve))));
  }

  #file(functionName: string): WriteStream {
    const known = this.#files.get(functionName);
    if (known !== undefined) return known;
    const path = join(this.#options.logsDir, `${functionName}.log`);
    try {
      if (statSync(path).size > FILE_BYTES_MAX) renameSync(path, `${path}.old`);
    } catch {
      // The file does not exist yet.
    }
    const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    // A full disk must not stop the relay: its rows matter, and their failed writes are reported.
    file.on('error', (error) => {
      this.#files.delete(functionName);
      this.#options.onFailed?.(error);
    });
    this.#files.set(functionName, file);
    return file;
  }
}

/** True for structured lines of level WARN and up, in upper or lower case. */
function isTrouble(text: string): boolean {
  return /^\{.*"level":"(warn|error|fatal)/i.test(text);
}
