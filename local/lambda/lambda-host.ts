// Runs the functions of the stack: a pool of sandboxes for each, called by name. Printed lines go to a callback; the
// gateway, the pollers and the schedules call the functions.
import { ExecutionQuota } from './execution-quota.ts';
import { FunctionPool } from './function-pool.ts';
import { ProcessorLoad } from './processor-load.ts';
import { lambdaEnvironment } from './lambda-environment.ts';
import { StartError } from '../start-error.ts';
import type { FunctionPlan } from './function-plan.ts';
import { EVENT_TOO_LARGE } from './invocation.ts';
import type { AwsManners } from '../aws-manners.ts';
import type { FreezeSetup, InvocationResult, Invoke, PrintedLine } from './invocation.ts';
import type { ServiceUrls } from './lambda-environment.ts';

interface LambdaHostOptions {
  readonly functions: readonly FunctionPlan[];
  readonly urls: ServiceUrls;
  /** Undefined for a host that neither throttles nor freezes. */
  readonly manners?: AwsManners | undefined;
  readonly onPrinted: (functionName: string, lines: readonly PrintedLine[]) => void;
  /** Called after every invocation that ran. */
  readonly onRun: (functionName: string, run: { readonly isFailed: boolean; readonly durationMs: number }) => void;
  /** Called after every invocation that failed. */
  readonly onFailed: (functionName: string, result: Extract<InvocationResult, { kind: 'failed' }>) => void;
  /** Called for every call for which no execution was free. */
  readonly onThrottled?: (functionName: string) => void;
}

/**
 * Sandboxes that a machine's memory allows for calls that wait, as with `?sync=true`; queues limit their functions
 * themselves.
 */
const SANDBOXES_MAX = 40;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const EVENT_BYTES_MAX = 6 * 1024 * 1024;

export class LambdaHost {
  readonly #pools: ReadonlyMap<string, FunctionPool>;
  readonly #options: LambdaHostOptions;
  readonly #quota: ExecutionQuota | undefined;
  #isClosing = false;

  /** @throws StartError when the functions reserve more executions than Lambda would allow. */
  constructor(options: LambdaHostOptions) {
    this.#options = options;
    const { functions, urls, manners, onPrinted, onRun } = options;
    this.#quota = manners && new ExecutionQuota(manners.concurrencyMax, functions);
    const load = new ProcessorLoad();
    const newFreeze = manners ? makeFreezes(manners, urls) : () => undefined;
    this.#pools = new Map(
      functions.map((plan) => [
        plan.name,
        new FunctionPool({
          plan,
          environment: lambdaEnvironment(plan, urls),
          load,
          newFreeze,
          sandboxesMax: Math.min(plan.concurrencyMax ?? SANDBOXES_MAX, SANDBOXES_MAX),
          onPrinted: (lines) => onPrinted(plan.name, lines),
          onRun: ({ kind }, durationMs) => onRun(plan.name, { isFailed: kind === 'failed', durationMs }),
        }),
      ]),
    );
  }

  /**
   * Starts one sandbox of each function, so that the first call is quick and a broken bundle is reported at once.
   * @throws StartError that names the function whose bundle does not load.
   */
  async warm(): Promise<void> {
    await Promise.all(
      [...this.#pools].map(async ([name, pool]) => {
        try {
          await pool.warm();
        } catch (cause) {
          const text = cause instanceof Error ? cause.message : String(cause);
          throw new StartError(`The function ${name} does not start: ${text}`, { cause });
        }
      }),
    );
  }

  /** Never rejects. */
  readonly invoke: Invoke = async (functionName, event, onStarted) => {
    const result = await this.#run(functionName, JSON.stringify(event), onStarted);
    // Invocations cut off at the end are not failures.
    if (result.kind === 'failed' && !this.#isClosing) this.#options.onFailed(functionName, result);
    if (result.kind === 'throttled') this.#options.onThrottled?.(functionName);
    return result;
  };

  async #run(functionName: string, eventJson: string, onStarted?: () => void): Promise<InvocationResult> {
    const pool = this.#pools.get(functionName);
    if (pool === undefined) return failure('ResourceNotFoundException', `the function ${functionName} does not exist`);
    if (Buffer.byteLength(eventJson) > EVENT_BYTES_MAX) {
      return failure(EVENT_TOO_LARGE, `the event is larger than ${EVENT_BYTES_MAX} bytes`);
    }
    if (this.#quota?.take(functionName) === false) return { kind: 'throttled' };
    try {
      return await pool.invoke(eventJson, onStarted);
    } finally {
      this.#quota?.release(functionName);
    }
  }

  /** Sandboxes by function. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pools].map(([name, pool]) => [name, pool.size]));
  }

  /** Waits `graceMs` for running invocations, then stops them. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close(graceMs)));
  }
}

function failure(errorType: string, text: string): InvocationResult {
  return { kind: 'failed', errorType, text };
}

/**
 * Each sandbox has its own; the ways to die alternate from one to the next, so that rarely called functions meet both.
 */
function makeFreezes({ idleMsMax }: AwsManners, urls: ServiceUrls): () => FreezeSetup {
  const resetOnlyPorts = Object.values(urls).map((url: string) => Number(new URL(url).port));
  let made = 0;
  return () => ({
    ordersSent: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    idleMsMax,
    resetOnlyPorts,
    firstDeath: made++ % 2 === 0 ? 'reset' : 'silence',
  });
}
