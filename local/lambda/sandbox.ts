// One sandbox of a function: a thread with the deployed bundle and exactly the function's environment and memory, which
// serves one invocation at a time. It ends when it crashes or an invocation takes too long, as in Lambda.
import { Worker } from 'node:worker_threads';
import type { InvocationOrder, InvocationResult, PrintedLine, SandboxReport, SandboxSetup } from './invocation.ts';

interface SandboxOptions {
  readonly setup: SandboxSetup;
  readonly environment: Readonly<Record<string, string>>;
  readonly onPrinted: (lines: readonly PrintedLine[]) => void;
  /** Called when it ends unasked: it crashed, or was stopped for taking too long. */
  readonly onEnd: () => void;
}

/** Time that a bundle may take to load, as in Lambda. */
const INIT_MS_MAX = 10_000;

export class Sandbox {
  /** Resolves when the sandbox can be used; rejects with the reason when its bundle does not load. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ordersSent: Int32Array | undefined;
  #running: { readonly requestId: string; readonly end: (result: InvocationResult) => void } | undefined;
  #isStopping = false;
  #isUsable = true;

  constructor({ setup, environment, onPrinted, onEnd }: SandboxOptions) {
    this.ready = this.#opened.promise;
    this.#ordersSent = setup.freeze && new Int32Array(setup.freeze.ordersSent);
    this.#worker = new Worker(new URL('./sandbox-worker.ts', import.meta.url), {
      workerData: setup,
      env: { ...environment },
      // None of our own command line's flags: a debugger's port, for example, is for the runtime only.
      execArgv: [],
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: setup.memoryMb },
    });
    const tooSlow = setTimeout(() => this.#fail(timedOut(INIT_MS_MAX)), INIT_MS_MAX);
    void this.ready.catch(() => {}).finally(() => clearTimeout(tooSlow));
    this.#worker.on('message', (message: SandboxReport) => {
      if (message.kind === 'ready') this.#opened.resolve();
      if (message.kind === 'printed') onPrinted(message.lines);
      if (message.kind === 'ended' && message.requestId === this.#running?.requestId) this.#running.end(message.result);
    });
    this.#worker.on('error', (error: unknown) => {
      const { name, stack, message } = error instanceof Error ? error : new Error(String(error));
      this.#fail({ kind: 'failed', errorType: name, text: stack ?? message });
    });
    this.#worker.once('exit', (code) => {
      this.#fail({ kind: 'failed', errorType: 'Runtime.ExitError', text: `The function ended with code ${code}` });
      if (!this.#isStopping) onEnd();
    });
  }

  /** False once it has crashed or was stopped: its thread may still be ending. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Runs one invocation; the caller must not start another meanwhile. Stops the sandbox when it takes too long. */
  run(order: InvocationOrder, timeoutMs: number): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#fail(timedOut(timeoutMs)), timeoutMs);
      this.#running = {
        requestId: order.requestId,
        end: (result) => {
          clearTimeout(timer);
          this.#running = undefined;
          resolve(result);
        },
      };
      this.#worker.postMessage(order);
      this.#thaw();
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#isUsable = false;
    await this.#worker.terminate();
  }

  /** Wakes a frozen thread, after the order has been sent. */
  #thaw(): void {
    if (this.#ordersSent === undefined) return;
    Atomics.add(this.#ordersSent, 0, 1);
    Atomics.notify(this.#ordersSent, 0);
  }

  #fail(result: Extract<InvocationResult, { kind: 'failed' }>): void {
    this.#isUsable = false;
    this.#opened.reject(new Error(`${result.errorType}: ${result.text}`));
    this.#running?.end(result);
    void this.#worker.terminate();
  }
}

function timedOut(limitMs: number): Extract<InvocationResult, { kind: 'failed' }> {
  return {
    kind: 'failed',
    errorType: 'Sandbox.Timedout',
    text: `Task timed out after ${(limitMs / 1_000).toFixed(2)} seconds`,
  };
}
