// Talks to a running simulator of Get3W over HTTP alone, as any client would: submits, polls, and the calls under
// /_simulator. Knows nothing of the simulator's code.
import { expect } from 'vitest';
import { eventually } from './eventually.ts';

interface SubmitOptions {
  readonly requestId?: string;
  readonly webhook?: string;
  readonly sync?: boolean;
  /** Sent as it is when a text, as JSON otherwise. */
  readonly body?: unknown;
  /** The whole header; null leaves it out. */
  readonly authorization?: string | null;
}

/** The task object of Get3W's page. */
export interface TaskAnswer {
  readonly id: string;
  readonly model: string;
  readonly status: string;
  readonly code: number | null;
  readonly outputs: readonly string[] | null;
  readonly error: string | null;
  readonly created_at: string;
}

/** Written out once more rather than imported: a changed field must fail a test. */
interface LedgerAnswer {
  readonly accepted: number;
  readonly charged: number;
  readonly refunded: number;
  readonly running: number;
  readonly maxRunning: number;
  readonly tasks: Record<string, { accepted: number; charged: number; refunded: number }>;
}

export interface SimulatorClient {
  submit(path: string, options?: SubmitOptions): Promise<Response>;
  /** Submits and expects 200; gives the id. */
  accepted(path: string, options?: SubmitOptions): Promise<string>;
  poll(id: string): Promise<TaskAnswer>;
  /** Polls until the task is neither `created` nor `processing`. */
  untilEnded(id: string): Promise<TaskAnswer>;
  ledger(): Promise<LedgerAnswer>;
  putSettings(change: unknown): Promise<Response>;
}

const KEY = 'Bearer sk_test';

export function simulatorClient(url: string): SimulatorClient {
  const client: SimulatorClient = {
    submit(path, { requestId, webhook, sync, body = { prompt: 'a lighthouse' }, authorization = KEY } = {}) {
      const target = new URL(`/v1/${path}`, url);
      if (webhook !== undefined) target.searchParams.set('webhook', webhook);
      if (sync !== undefined) target.searchParams.set('sync', String(sync));
      const headers = new Headers({ 'content-type': 'application/json' });
      if (authorization !== null) headers.set('authorization', authorization);
      if (requestId !== undefined) headers.set('x-request-id', requestId);
      return fetch(target, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
    },
    async accepted(path, options) {
      const response = await client.submit(path, options);
      expect(response.status).toBe(200);
      return ((await response.json()) as { id: string }).id;
    },
    async poll(id) {
      const response = await fetch(new URL(`/v1/requests/${id}`, url), { headers: { authorization: KEY } });
      expect(response.status).toBe(200);
      return (await response.json()) as TaskAnswer;
    },
    async untilEnded(id) {
      let task = await client.poll(id);
      const ended = async (): Promise<boolean> => {
        task = await client.poll(id);
        return task.status !== 'created' && task.status !== 'processing';
      };
      await eventually(ended).toBe(true);
      return task;
    },
    ledger: async () => (await (await fetch(new URL('/_simulator/ledger', url))).json()) as LedgerAnswer,
    putSettings: (change) =>
      fetch(new URL('/_simulator/settings', url), { method: 'PUT', body: JSON.stringify(change) }),
  };
  return client;
}
