// The sandboxes of one function: started when calls wait, reused, stopped when idle. Calls beyond the limit wait in
// line, where Lambda would throttle them; callers have timeouts of their own.
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Sandbox } from './sandbox.ts';
import type { FreezeSetup, InvocationResult, PrintedLine } from './invocation.ts';
import type { ProcessorLoad } from './processor-load.ts';
import type { FunctionPlan } from './function-plan.ts';

interface FunctionPoolOptions {
  readonly plan: FunctionPlan;
  readonly environment: Readonly<Record<string, string>>;
  readonly sandboxesMax: number;
  readonly load: ProcessorLoad;
  /** How a new sandbox is frozen between invocations; undefined when it never is. */
  readonly newFreeze: () => FreezeSetup | undefined;
  readonly onPrinted: (lines: readonly PrintedLine[]) => void;
  /** Called after every invocation that ran, with its duration. */
  readonly onRun: (result: InvocationResult, durationMs: number) => void;
  /** @default 60,000 */
  readonly idleMsMax?: number;
}

interface Call {
  readonly eventJson: string;
  readonly answer: (result: InvocationResult) => void;
  readonly onStarted: (() => void) | undefined;
}

/** A start takes 100 ms of a processor: more at once would only slow down running calls. */
const STARTING_MAX = 2;
/**
 * Up to this many sandboxes are started for any call that waits in line. Code becomes fast only with use (a thousand
 * calls in one sandbox take a third of the time that they take in twelve), so more are started only when no call has
 * ended for a while: soon when the processors are idle, because then the calls themselves are waiting, as with
 * `?sync=true`, and later when the processors are busy.
 */
const startedFreely = Math.max(2, availableParallelism());
const STALL_MS_IDLE = 100;
const STALL_MS_BUSY = 1_000;
const IDLE_MS_DEFAULT = 60_000;
/** Lambda's limit for answers is a hundred bytes above the one for events. */
const ANSWER_BYTES_MAX = 6 * 1024 * 1024 + 100;

export class FunctionPool {
  readonly #options: FunctionPoolOptions;
  readonly #waiting: Call[] = [];
  /** Last used last: the others become idle and are stopped. */
  readonly #idle: { readonly sandbox: Sandbox; readonly sinceMs: number }[] = [];
  readonly #sandboxes = new Set<Sandbox>();
  readonly #reaper: NodeJS.Timeout;
  #progressedAt = 0;
  #stallTimer: NodeJS.Timeout | undefined;
  #startingCount = 0;
  #runningCount = 0;
  #isClosing = false;
  #drained: (() => void) | undefined;

  constructor(options: FunctionPoolOptions) {
    this.#options = options;
    const idleMsMax = options.idleMsMax ?? IDLE_MS_DEFAULT;
    this.#reaper = setInterval(() => this.#reap(idleMsMax), idleMsMax / 2).unref();
  }

  /** Number of sandboxes. */
  get size(): number {
    return this.#sandboxes.size;
  }

  /** Starts one sandbox ahead of the first call. @throws Error with the reason when the bundle does not load. */
  async warm(): Promise<void> {
    const sandbox = this.#start();
    await sandbox.ready;
    this.#release(sandbox);
  }

  invoke(eventJson: string, onStarted?: () => void): Promise<InvocationResult> {
    return new Promise((answer) => {
      this.#waiting.push({ eventJson, answer, onStarted });
      this.#next();
    });
  }

  /** Accepts no more calls, waits `graceMs` for running ones, then stops everything. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#stallTimer);
    clearInterval(this.#reaper);
    for (const { answer } of this.#waiting.splice(0)) answer(closing);
    if (this.#runningCount > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.stop()));
  }

  #next(): void {
    if (this.#isClosing) {
      for (const { answer } of this.#waiting.splice(0)) answer(closing);
      return;
    }
    while (this.#waiting.length > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      const call = this.#waiting.shift();
      if (call) void this.#run(idle.sandbox, call);
    }
    const wanted = Math.min(this.#waiting.length - this.#startingCount, STARTING_MAX - this.#startingCount);
    for (let started = 0; started < wanted && this.#mayStart(); started += 1) {
      const sandbox = this.#start();
      sandbox.ready.then(
        () => this.#release(sandbox),
        // Lambda answers the call that caused the start with the reason; the next call starts another.
        (error: unknown) => this.#waiting.shift()?.answer(initFailed(error)),
      );
    }
    if (this.#waiting.length > 0) this.#watchForStall();
  }

  #mayStart(): boolean {
    if (this.size >= this.#options.sandboxesMax) return false;
    if (this.size < startedFreely) return true;
    const stalledMs = performance.now() - this.#progressedAt;
    return stalledMs >= (this.#options.load.isBusy() ? STALL_MS_BUSY : STALL_MS_IDLE);
  }

  #watchForStall(): void {
    this.#stallTimer ??= setTimeout(() => {
      this.#stallTimer = undefined;
      this.#next();
    }, STALL_MS_IDLE).unref();
  }

  #start(): Sandbox {
    const { plan, environment, newFreeze, onPrinted } = this.#options;
    this.#startingCount += 1;
    const sandbox = new Sandbox({
      setup: {
        modulePath: plan.modulePath,
        exportName: plan.exportName,
        functionName: plan.name,
        functionArn: plan.arn,
        memoryMb: plan.memoryMb,
        logGroupName: plan.logGroupName,
        freeze: newFreeze(),
      },
      environment,
      onPrinted,
      onEnd: () => this.#forget(sandbox),
    });
    this.#sandboxes.add(sandbox);
    const started = (): void => void (this.#startingCount -= 1);
    sandbox.ready.then(started, started);
    return sandbox;
  }

  async #run(sandbox: Sandbox, { eventJson, answer, onStarted }: Call): Promise<void> {
    const { timeoutMs } = this.#options.plan;
    this.#runningCount += 1;
    onStarted?.();
    const startedAt = performance.now();
    const order = { requestId: randomUUID(), eventJson, deadlineAt: Date.now() + timeoutMs };
    const result = bounded(await sandbox.run(order, timeoutMs));
    this.#runningCount -= 1;
    this.#progressedAt = performance.now();
    this.#options.onRun(result, performance.now() - startedAt);
    answer(result);
    // One that crashed or ran out of time ends without us, and #forget is called.
    if (sandbox.isUsable) this.#release(sandbox);
    if (this.#runningCount === 0) this.#drained?.();
  }

  #release(sandbox: Sandbox): void {
    this.#idle.push({ sandbox, sinceMs: Date.now() });
    this.#next();
  }

  #forget(sandbox: Sandbox): void {
    this.#sandboxes.delete(sandbox);
    const index = this.#idle.findIndex((idle) => idle.sandbox === sandbox);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#next();
  }

  /** Keeps one, so that a call after a quiet hour is answered at once. */
  #reap(idleMsMax: number): void {
    while (this.#sandboxes.size > 1 && this.#idle[0] && Date.now() - this.#idle[0].sinceMs > idleMsMax) {
      const { sandbox } = this.#idle.shift() ?? {};
      if (sandbox === undefined) return;
      this.#sandboxes.delete(sandbox);
      void sandbox.stop();
    }
  }
}

const closing: InvocationResult = {
  kind: 'failed',
  errorType: 'Runtime.Closing',
  text: 'The local runtime is stopping',
};

/** An answer beyond Lambda's limit is a failure of the function, although it ran to its end. */
function bounded(result: InvocationResult): InvocationResult {
  if (result.kind !== 'answered' || Buffer.byteLength(result.payload) <= ANSWER_BYTES_MAX) return result;
  const text = `Response payload size exceeded maximum allowed payload size (${ANSWER_BYTES_MAX} bytes).`;
  return { kind: 'failed', errorType: 'Function.ResponseSizeTooLarge', text };
}

function initFailed(error: unknown): InvocationResult {
  return {
    kind: 'failed',
    errorType: 'Runtime.InitError',
    text: error instanceof Error ? error.message : String(error),
  };
}
