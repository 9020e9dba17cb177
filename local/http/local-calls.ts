// What the runtime answers about itself under `/_local/`: its state, its metrics and its alarms. It also forwards the
// simulator's settings, because the console may call its own origin only. Nothing of this exists in a deployment.
import { answerMetricQuery } from '../cloudwatch/metrics/metric-answer.ts';
import type { AlarmReport } from '../cloudwatch/alarms/alarm-board.ts';
import type { MetricStore } from '../cloudwatch/metrics/metric-store.ts';
import type { QueueReading } from '../cloudwatch/metrics/service-metrics.ts';
import type { HttpAnswer } from './http-event.ts';

interface LocalCallsOptions {
  readonly metrics: MetricStore;
  readonly alarmReport: () => readonly AlarmReport[];
  readonly queueCounts: () => Promise<readonly QueueReading[]>;
  /** Number of sandboxes by function name. */
  readonly sandboxCounts: () => Readonly<Record<string, number>>;
  /** How many times faster than in the template schedules and periods pass. */
  readonly speedFactor: number;
  /** Undefined with a real Get3W. */
  readonly simulatorUrl: string | undefined;
}

interface LocalRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
}

interface LocalCall {
  readonly methods: readonly string[];
  readonly answer: (options: LocalCallsOptions, request: LocalRequest) => Promise<HttpAnswer>;
}

function json(status: number, body: object): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(body)}\n`,
  };
}

function read(answer: LocalCall['answer']): LocalCall {
  return { methods: ['GET'], answer };
}

const calls: Readonly<Record<string, LocalCall>> = {
  '/_local/health': read(async ({ queueCounts, sandboxCounts, speedFactor, simulatorUrl }) => {
    const pace = { speedFactor, simulator: simulatorUrl !== undefined };
    return json(200, {
      status: 'ok',
      pid: process.pid,
      ...pace,
      sandboxes: sandboxCounts(),
      queues: await queueCounts(),
    });
  }),
  '/_local/alarms': read(({ alarmReport }) => Promise.resolve(json(200, alarmReport()))),
  '/_local/metrics': read(({ metrics }, { url }) => {
    const answer = answerMetricQuery(metrics, url.searchParams);
    return Promise.resolve(typeof answer === 'string' ? json(400, { code: 400, error: answer }) : json(200, answer));
  }),
  '/_local/simulator/settings': {
    methods: ['GET', 'PUT'],
    answer: ({ simulatorUrl }, request) =>
      simulatorUrl === undefined
        ? Promise.resolve(json(404, { code: 404, error: 'no simulator runs: this relay uses a real Get3W' }))
        : passOn(`${simulatorUrl}/_simulator/settings`, request),
  },
};

const SIMULATOR_TIMEOUT_MS = 10_000;

async function passOn(url: string, { method, body }: LocalRequest): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(SIMULATOR_TIMEOUT_MS);
  const answer = await fetch(url, { method, signal, ...(method !== 'GET' && { body: new Uint8Array(body) }) });
  return { status: answer.status, headers: { 'content-type': 'application/json' }, body: await answer.text() };
}

export function makeLocalCalls(options: LocalCallsOptions) {
  return async (method: string, url: URL, body: Buffer): Promise<HttpAnswer> => {
    const call = Object.hasOwn(calls, url.pathname) ? calls[url.pathname] : undefined;
    if (call === undefined)
      return json(404, { code: 404, error: `unknown; known are ${Object.keys(calls).join(', ')}` });
    if (!call.methods.includes(method)) return json(405, { code: 405, error: 'Method not allowed' });
    return call.answer(options, { method, url, body });
  };
}
