// What the runtime answers about itself under `/_local/`: how it is, what it measured. Reads only; nothing of this
// exists in a deployment.
import { answerMetricQuery } from '../metrics/metric-answer.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import type { QueueCounts } from '../queues/queue-server.ts';
import type { HttpAnswer } from './http-event.ts';

export interface LocalCallsOptions {
  readonly metrics: MetricStore;
  readonly queueCounts: () => Promise<readonly QueueCounts[]>;
  /** Sandboxes by function. */
  readonly sandboxCounts: () => Readonly<Record<string, number>>;
}

const json = (status: number, body: object): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body)}\n`,
});

const calls: Readonly<Record<string, (options: LocalCallsOptions, url: URL) => Promise<HttpAnswer>>> = {
  '/_local/health': async ({ queueCounts, sandboxCounts }) =>
    json(200, { status: 'ok', pid: process.pid, sandboxes: sandboxCounts(), queues: await queueCounts() }),
  '/_local/metrics': async ({ metrics }, url) => {
    const answer = answerMetricQuery(metrics, url.searchParams);
    return typeof answer === 'string' ? json(400, { code: 400, error: answer }) : json(200, answer);
  },
};

export const makeLocalCalls =
  (options: LocalCallsOptions) =>
  async (method: string, url: URL): Promise<HttpAnswer> => {
    const call = calls[url.pathname];
    if (call === undefined) return json(404, { code: 404, error: `there are: ${Object.keys(calls).join(', ')}` });
    if (method !== 'GET') return json(405, { code: 405, error: 'Method not allowed' });
    return call(options, url);
  };
