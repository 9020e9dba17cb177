// The client of a relay: submit a task, wait for it or follow it, list, cancel, retry. Speaks over `fetch` alone, so it
// runs on Node 20 and in browsers. call-relay.ts sends a call, and sends it again; verify-webhook.ts checks webhooks.
import { callRelay, notOfARelay } from './call-relay.ts';
import {
  AbortedError,
  ConnectionError,
  errorOfTask,
  InvalidRequestError,
  RateLimitedError,
  ServerError,
  TimedOutError,
} from './relay-errors.ts';
import { pause, timedSignal } from './timed-signal.ts';
import type { AcceptedTask, RepeatedTask, Task } from './api-messages.ts';
import type { ApiOperations } from './api-operations.ts';
import type { CallOptions, CallParts, Connection, OperationName } from './call-relay.ts';

export interface RelayClientOptions {
  /** Where the relay is, such as `https://abc.execute-api.eu-west-1.amazonaws.com`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** For one call with its retries; 60 s unless said. A call with `sync` gets the relay's own wait on top. */
  readonly timeoutMs?: number;
  /** Retries of a call that is safe to repeat; 5 unless said. */
  readonly retries?: number;
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
}

export interface GetOptions extends CallOptions {
  /** Whether the answer has `waits`. */
  readonly explain?: boolean;
}

export interface SubmitOptions extends CallOptions {
  /** Wait for the end as long as the relay does: 25 s. The answer may still be a task that has not ended. */
  readonly sync?: boolean;
  /** Called when the task ends; see verify-webhook.ts. */
  readonly webhook?: string;
  /** Seconds that the task jumps ahead in its account's own queue. */
  readonly priority?: number;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the whole wait; an hour unless said. */
  readonly timeoutMs?: number;
  /** Between two polls at first, and at most; each poll that finds nothing new waits half as long again. */
  readonly pollFirstMs?: number;
  readonly pollMaxMs?: number;
}

export type ListFilter = Omit<NonNullable<ApiOperations['listTasks']['query']>, 'cursor' | 'limit'>;

const CALL_TIMEOUT_MS = 60_000;
const RETRIES = 5;
const SYNC_WAIT_MS = 25_000;
// eslint-disable-next-line no-restricted-syntax -- the client imports nothing of core, where the unit has its name
const waitDefaults = { timeoutMs: 3_600_000, pollFirstMs: 500, pollMaxMs: 10_000 };
const POLL_GROWTH = 1.5;
const KEY_BYTES = 16;
const PAGE_SIZE = 100;

export class RelayClient {
  readonly #connection: Connection;

  constructor({ baseUrl, apiKey, timeoutMs, retries, fetch: given }: RelayClientOptions) {
    this.#connection = {
      baseUrl: baseUrl.replace(/\/+$/, ''),
      apiKey,
      timeoutMs: timeoutMs ?? CALL_TIMEOUT_MS,
      retries: retries ?? RETRIES,
      // A browser's fetch refuses to be called as another object's method.
      fetch: given ?? ((input, init) => fetch(input, { signal: null, ...init })),
    };
  }

  /** Any operation of the API by its name in the OpenAPI document. @throws RelayError. */
  call<Name extends OperationName>(
    name: Name,
    parts: CallParts<Name>,
    options?: CallOptions,
  ): Promise<ApiOperations[Name]['answer']> {
    return callRelay(this.#connection, name, parts, options);
  }

  /**
   * Makes one task, however often it has to be sent: an idempotency key is made where none is given.
   * @param model `vendor/model/task`.
   * @param input what the model takes.
   */
  submit(
    model: string,
    input: Readonly<Record<string, unknown>>,
    { sync, webhook, priority, ...options }: SubmitOptions = {},
  ): Promise<AcceptedTask | RepeatedTask | Task> {
    const [vendor = '', name = '', task = '', ...more] = model.split('/');
    if (task === '' || more.length > 0) {
      const fields = { code: 400, details: `a model is vendor/model/task, not ${model}` };
      return Promise.reject(new InvalidRequestError('Invalid parameters', fields));
    }
    // Only a dry run answers otherwise, and a submit is none.
    return this.call(
      'submitTask',
      { path: { vendor, model: name, task }, query: { ...defined({ sync, webhook, priority }) }, body: input },
      {
        ...options,
        timeoutMs: options.timeoutMs ?? this.#connection.timeoutMs + (sync ? SYNC_WAIT_MS : 0),
        idempotencyKey: options.idempotencyKey ?? newKey(),
      },
    ) as Promise<AcceptedTask | RepeatedTask | Task>;
  }

  /** @param options with `explain`, the task has `waits`: why it is not at Get3W just now, and when it goes on. */
  get(id: string, { explain, ...options }: GetOptions = {}): Promise<Task> {
    return this.call('getTask', { path: { id }, query: defined({ explain }) }, options);
  }

  /**
   * Waits for the task's end without a webhook.
   * @throws TaskFailedError of the class of its code when it ends without outputs; TimedOutError, AbortedError.
   */
  wait(id: string, options?: WaitOptions): Promise<Task> {
    return this.subscribe(id, () => undefined, options);
  }

  /**
   * The same, and tells each state: called once at first, then whenever status, phase or the number of attempts changed.
   */
  async subscribe(id: string, onState: (task: Task) => void, options: WaitOptions = {}): Promise<Task> {
    const { timeoutMs, pollFirstMs, pollMaxMs } = { ...waitDefaults, ...defined(options) };
    const time = timedSignal(timeoutMs, options.signal);
    let [seen, delayMs] = ['', pollFirstMs];
    try {
      for (;;) {
        const task = await this.#poll(id, time.signal);
        if (time.isTimedOut()) throw waitedTooLong(id, timeoutMs);
        if (time.signal.aborted) throw new AbortedError('ended by the caller', { code: 'aborted' });
        if (task && stateOf(task) !== seen) {
          onState(task);
          [seen, delayMs] = [stateOf(task), pollFirstMs];
        }
        if (task && hasEnded(task)) return task;
        await pause(delayMs, time.signal);
        delayMs = Math.min(pollMaxMs, delayMs * POLL_GROWTH);
      }
    } finally {
      time.release();
    }
  }

  /** The task, or undefined where it cannot be read just now: a wait outlives an outage of the relay, and odd answers. */
  async #poll(id: string, signal: AbortSignal): Promise<Task | undefined> {
    try {
      const task = await this.get(id, { signal });
      return Array.isArray(task.attempts) ? task : undefined;
    } catch (error) {
      const isPassing = [ConnectionError, ServerError, RateLimitedError, TimedOutError, AbortedError].some(
        (type) => error instanceof type,
      );
      if (isPassing) return undefined;
      throw error;
    }
  }

  /** Tasks, newest first, page after page as they are asked for. */
  async *list(filter: ListFilter = {}, options?: CallOptions): AsyncGenerator<Task, void, undefined> {
    let cursor: string | null = null;
    do {
      const query = { ...filter, limit: PAGE_SIZE, ...(cursor !== null && { cursor }) };
      const page: ApiOperations['listTasks']['answer'] = await this.call('listTasks', { query }, options);
      if (!Array.isArray(page.data)) throw notOfARelay();
      yield* page.data;
      cursor = page.next_cursor ?? null;
    } while (cursor !== null);
  }

  /** @throws ConflictError when it has ended already. */
  cancel(id: string, options?: CallOptions): Promise<Task> {
    return this.call('cancelTask', { path: { id } }, options);
  }

  /** Puts a failed task back. Sent again after a 429 only: an answer that was lost may have put it back. */
  retry(id: string, options?: CallOptions): Promise<Task> {
    return this.call('retryTask', { path: { id } }, options);
  }
}

function stateOf({ status, phase, attempts }: Task): string {
  return `${status} ${phase} ${attempts.at(-1)?.attempt ?? 0}`;
}

/** @throws TaskFailedError for a task that has ended without outputs. */
function hasEnded(task: Task): boolean {
  if (task.status === 'failed' || task.status === 'cancelled') throw errorOfTask(task);
  return task.status === 'completed';
}

function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

/** `crypto.randomUUID` is not there on pages without https. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function waitedTooLong(id: string, timeoutMs: number): TimedOutError {
  return new TimedOutError(`the task ${id} has not ended within ${timeoutMs} ms`, { code: 'timeout' });
}
