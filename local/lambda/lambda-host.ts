// Runs the functions of the stack: a pool of sandboxes for each, called by name. What they print goes to whoever keeps
// lines; who calls them, and when, is the gateway's, the pollers' and the schedules' business.
import { FunctionPool } from './function-pool.ts';
import { ProcessorLoad } from './processor-load.ts';
import { lambdaEnvironment } from './lambda-environment.ts';
import { StartError } from '../start-error.ts';
import type { FunctionPlan } from './function-plan.ts';
import type { InvocationResult, Invoke, PrintedLine } from './invocation.ts';
import type { ServiceUrls } from './lambda-environment.ts';

export interface LambdaHostOptions {
  readonly functions: readonly FunctionPlan[];
  readonly urls: ServiceUrls;
  readonly onPrinted: (functionName: string, lines: readonly PrintedLine[]) => void;
  /** Told of every invocation that ran. */
  readonly onRun: (functionName: string, run: { readonly isFailed: boolean; readonly durationMs: number }) => void;
  /** Told of every invocation that failed. */
  readonly onFailed: (functionName: string, result: Extract<InvocationResult, { kind: 'failed' }>) => void;
}

/** What a machine's memory bears where calls wait, as `?sync=true` does; queues bound their functions themselves. */
const sandboxesMax = 40;

export class LambdaHost {
  readonly #pools: ReadonlyMap<string, FunctionPool>;
  readonly #onFailed: LambdaHostOptions['onFailed'];

  #isClosing = false;

  constructor({ functions, urls, onPrinted, onRun, onFailed }: LambdaHostOptions) {
    this.#onFailed = onFailed;
    const load = new ProcessorLoad();
    this.#pools = new Map(
      functions.map((plan) => [
        plan.name,
        new FunctionPool({
          plan,
          environment: lambdaEnvironment(plan, urls),
          load,
          sandboxesMax: Math.min(plan.concurrencyMax ?? sandboxesMax, sandboxesMax),
          onPrinted: (lines) => onPrinted(plan.name, lines),
          onRun: ({ kind }, durationMs) => onRun(plan.name, { isFailed: kind === 'failed', durationMs }),
        }),
      ]),
    );
  }

  /**
   * Starts one sandbox of each function, so that the first call is quick and a broken bundle is told at once.
   * @throws StartError naming the function whose bundle does not load.
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
    const pool = this.#pools.get(functionName);
    const result: InvocationResult =
      pool === undefined
        ? { kind: 'failed', errorType: 'ResourceNotFoundException', text: `there is no function ${functionName}` }
        : await pool.invoke(JSON.stringify(event), onStarted);
    // What is cut at the end was meant to be.
    if (result.kind === 'failed' && !this.#isClosing) this.#onFailed(functionName, result);
    return result;
  };

  /** Sandboxes by function. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pools].map(([name, pool]) => [name, pool.size]));
  }

  /** Lets running invocations end within the time given. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close(graceMs)));
  }
}
