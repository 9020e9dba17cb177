// Submits tasks to a relay, all at once, and waits for their ends, through the public API only. Progress is read from
// the runtime's own counts if it has any, because reading every task would itself be a load.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayUnderLoad } from './relay-under-load.ts';

export interface MeasuredTask {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly attempts: readonly {
    readonly level: string | null;
    readonly code: number | string | null;
    /** Present when the answer of the submit was lost. */
    readonly doubt?: unknown;
  }[];
}

interface LoadOptions {
  readonly relay: RelayUnderLoad;
  readonly taskCount: number;
  readonly model: string;
  readonly timeoutMs: number;
  readonly onProgress: (submittedCount: number, endedCount: number) => void;
}

export interface LoadResult {
  /** Ids of the accepted tasks. */
  readonly ids: readonly string[];
  /** The answers of submits that were not accepted, status and text, with their number. */
  readonly refusals: ReadonlyMap<string, number>;
  /** The tasks at the end, by id. */
  readonly tasks: ReadonlyMap<string, MeasuredTask>;
  readonly submittedMs: number;
  readonly elapsedMs: number;
}

const SOCKETS_MAX = 100;
const PAGE_TASKS = 100;
const PROGRESS_MS = 500;
const PLACE_MS = 60_000;
const AGAIN_MS = 200;
const finalStatuses = new Set(['completed', 'failed', 'cancelled']);

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { relay, taskCount, model, timeoutMs, onProgress } = options;
  const api = new ApiClient(relay);
  const startedAt = Date.now();
  const endedBefore = (await api.endedCount()) ?? 0;
  const ids: string[] = [];
  const refusals = new Map<string, number>();
  await Promise.all(
    Array.from({ length: taskCount }, async (_, index) => {
      const { status, text } = await api.call('POST', `/v1/${model}`, { prompt: `load ${index}` });
      if (status === 200) ids.push((JSON.parse(text) as { id: string }).id);
      else refusals.set(`${status} ${text}`, (refusals.get(`${status} ${text}`) ?? 0) + 1);
      onProgress(ids.length, 0);
    }),
  );
  const submittedMs = Date.now() - startedAt;
  const tasks = new Map<string, MeasuredTask>();
  const isOver = (): boolean => Date.now() - startedAt > timeoutMs;
  const endedTasks = (): number => [...tasks.values()].filter(({ status }) => finalStatuses.has(status)).length;
  // First by the counts, which are cheap, then by the tasks themselves, which are the truth.
  for (let ended = 0; ended < ids.length && !isOver();) {
    const counted = await api.endedCount();
    if (counted === undefined) break;
    ended = Math.min(counted - endedBefore, ids.length);
    onProgress(ids.length, ended);
    if (ended < ids.length) await sleep(PROGRESS_MS);
  }
  for (;;) {
    await api.readTasks(new Set(ids), tasks);
    onProgress(ids.length, endedTasks());
    if (endedTasks() >= ids.length || isOver()) break;
    await sleep(PROGRESS_MS);
  }
  const lastEnd = Math.max(startedAt, ...[...tasks.values()].map((task) => Date.parse(task.completed_at ?? '') || 0));
  api.close();
  return { ids, refusals, tasks, submittedMs, elapsedMs: lastEnd - startedAt };
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** API Gateway's own refusals have no code: no function was free, or its throttle was used up. */
function isFull({ status, text }: Reply): boolean {
  return (status === 429 || status === 503) && text.startsWith('{"message"');
}

class ApiClient {
  readonly #relay: RelayUnderLoad;
  readonly #isSecure: boolean;
  readonly #agent: Agent;

  constructor(relay: RelayUnderLoad) {
    this.#relay = relay;
    this.#isSecure = relay.url.startsWith('https:');
    this.#agent = new (this.#isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: SOCKETS_MAX });
  }

  /**
   * Repeats a call while the HTTP gateway refuses it for lack of room; the idempotency key makes repeated submits one.
   */
  async call(method: string, path: string, body?: object): Promise<Reply> {
    const key = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    const until = Date.now() + PLACE_MS;
    for (;;) {
      const reply = await this.#call(method, path, { key, body });
      if (!isFull(reply) || Date.now() > until) return reply;
      await sleep(AGAIN_MS);
    }
  }

  #call(method: string, path: string, { key, body }: { key: object; body: object | undefined }): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#relay.apiKey}`, 'content-type': 'application/json', ...key };
      const send = this.#isSecure ? secureRequest : request;
      const outgoing = send(new URL(path, this.#relay.url), { method, headers, agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      // A broken connection leaves the task unknown: it counts as a refusal, like any other answer.
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ status: 0, text: error.code ?? error.message }));
      outgoing.end(body && JSON.stringify(body));
    });
  }

  /** Number of tasks that a local runtime has seen end; undefined for another relay. */
  async endedCount(): Promise<number | undefined> {
    const { status, text } = await this.call('GET', '/_local/metrics?name=TasksEnded&period=3600');
    if (status !== 200) return undefined;
    const { series } = JSON.parse(text) as {
      series: { dimensions: Record<string, string>; datapoints: { sum: number }[] }[];
    };
    const total = series.find(({ dimensions }) => Object.keys(dimensions).length === 1);
    return (total?.datapoints ?? []).reduce((sum, point) => sum + point.sum, 0);
  }

  /** Pages through the caller's tasks, newest first, until all wanted ones are found. */
  async readTasks(wanted: ReadonlySet<string>, found: Map<string, MeasuredTask>): Promise<void> {
    let missing = wanted.size;
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: String(PAGE_TASKS), ...(cursor !== undefined && { cursor }) });
      const { status, text } = await this.call('GET', `/v1/requests?${query}`);
      if (status !== 200) throw new Error(`the list of tasks was answered with ${status} ${text}`);
      const page = JSON.parse(text) as { data: MeasuredTask[]; next_cursor: string | null };
      for (const task of page.data.filter(({ id }) => wanted.has(id))) {
        found.set(task.id, task);
        missing -= 1;
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && missing > 0);
  }

  close(): void {
    this.#agent.destroy();
  }
}
