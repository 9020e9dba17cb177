// What the runtime answers about itself under `/_local/`: how it is, what it measured, how its alarms stand. Reads
// only; nothing of this exists in a deployment.
import { answerMetricQuery } from '../metrics/metric-answer.ts';
import type { AlarmReport } from '../alarms/alarm-board.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import type { QueueReading } from '../metrics/service-metrics.ts';
import type { HttpAnswer } from './http-event.ts';

export interface LocalCallsOptions {
  readonly metrics: MetricStore;
  readonly alarmReport: () => readonly AlarmReport[];
  readonly queueCounts: () => Promise<readonly QueueReading[]>;
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
  '/_local/alarms': async ({ alarmReport }) => json(200, alarmReport()),
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
