// How many executions may run at once in one account: one quota for all functions, of which a function can reserve a
// part, which is then also its limit. A call that finds none free is throttled; the caller decides what follows.
import { StartError } from '../start-error.ts';
import type { FunctionPlan } from './function-plan.ts';

/** Executions that Lambda keeps for functions without a reservation: 100, or 10 with a new account's quota. */
const UNRESERVED_MIN = 100;
const UNRESERVED_MIN_OF_SMALL = 10;
const SMALL_QUOTA_MAX = 100;

export class ExecutionQuota {
  readonly #reserved: ReadonlyMap<string, number>;
  readonly #sharedMax: number;
  readonly #running = new Map<string, number>();
  #sharedRunning = 0;

  /**
   * @param executionsMax the account's quota.
   * @throws StartError when the functions reserve more than Lambda would allow.
   */
  constructor(executionsMax: number, functions: readonly Pick<FunctionPlan, 'name' | 'concurrencyMax'>[]) {
    this.#reserved = new Map(
      functions.flatMap(({ name, concurrencyMax }) =>
        concurrencyMax === undefined ? [] : [[name, concurrencyMax] as const],
      ),
    );
    const reservedCount = [...this.#reserved.values()].reduce((sum, count) => sum + count, 0);
    this.#sharedMax = executionsMax - reservedCount;
    const leftMin = executionsMax <= SMALL_QUOTA_MAX ? UNRESERVED_MIN_OF_SMALL : UNRESERVED_MIN;
    if (reservedCount > 0 && this.#sharedMax < leftMin) {
      throw new StartError(
        `The functions reserve ${reservedCount} of ${executionsMax} executions, but Lambda keeps ${leftMin} ` +
          'unreserved: this stack cannot be deployed to such an account.',
      );
    }
  }

  /** Takes an execution; false when the function is to be throttled. */
  take(functionName: string): boolean {
    const running = this.#running.get(functionName) ?? 0;
    const reservedMax = this.#reserved.get(functionName);
    if (reservedMax === undefined) {
      if (this.#sharedRunning >= this.#sharedMax) return false;
      this.#sharedRunning += 1;
    } else if (running >= reservedMax) {
      return false;
    }
    this.#running.set(functionName, running + 1);
    return true;
  }

  release(functionName: string): void {
    this.#running.set(functionName, (this.#running.get(functionName) ?? 0) - 1);
    if (!this.#reserved.has(functionName)) this.#sharedRunning -= 1;
  }
}
