// A plain HTTP client of a relay for tests: knows the wire and nothing of the inside. Every test of test/system goes
// through it, so that the same tests run against the local runtime and against a deployed relay.
import { setTimeout } from 'node:timers/promises';
import type { PublicTask } from '../../core/http/public-task.ts';

export interface Reply<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface ErrorBody {
  readonly code: number;
  readonly error: string;
  readonly details?: string;
}

export interface Submitted {
  readonly id: string;
  readonly status: string;
  readonly estimated_duration: number;
}

interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is a text. */
  readonly body?: unknown;
}

/** Locally sweep comes every few seconds; a deployed one ends doubts once a minute, when its own comes. */
const endedMs = process.env['RELAY_TARGET'] === undefined ? 45_000 : 130_000;

/** How long a call may find no place, with ten executions for all functions. */
const PLACE_MS = 15_000;

/** The gateway's own refusals have no code: such a call reached no function, so that another one makes no second task. */
function isFull({ status, body }: Reply): boolean {
  return (status === 429 || status === 503) && typeof body === 'object' && body !== null && !('code' in body);
}

export const promptInput = { prompt: 'a lighthouse in the rain', channel: 'economy' };

export class RelayClient {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  /** Calls again when the gateway had no place for the call: every client of an HTTP API has to. */
  async call<Body = unknown>(method: string, path: string, options: CallOptions = {}): Promise<Reply<Body>> {
    const until = Date.now() + PLACE_MS;
    for (;;) {
      const reply = await this.#call<Body>(method, path, options);
      if (!isFull(reply) || Date.now() > until) return reply;
      await setTimeout(100);
    }
  }

  async #call<Body>(method: string, path: string, options: CallOptions): Promise<Reply<Body>> {
    const { key = this.key, body } = options;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as Body };
  }

  async submit(model: string, options: CallOptions & { readonly query?: string } = {}): Promise<string> {
    const { query = '', ...rest } = options;
    const reply = await this.call<Submitted & ErrorBody>('POST', `/v1/${model}${query}`, {
      body: promptInput,
      ...rest,
    });
    if (reply.status !== 200) throw new Error(`submit was answered ${reply.status}: ${reply.body.error}`);
    return reply.body.id;
  }

  async get(id: string): Promise<PublicTask> {
    return (await this.call<PublicTask>('GET', `/v1/requests/${id}`)).body;
  }

  /** Waits until the task has ended. */
  async ended(id: string, timeoutMs = endedMs): Promise<PublicTask> {
    return this.reached(id, (task) => task.completed_at !== null, timeoutMs);
  }

  async reached(id: string, isThere: (task: PublicTask) => boolean, timeoutMs = endedMs): Promise<PublicTask> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const task = await this.get(id);
      if (isThere(task)) return task;
      if (Date.now() > until) throw new Error(`task ${id} is still ${task.phase}: ${JSON.stringify(task.attempts)}`);
      await setTimeout(100);
    }
  }
}
