// How long it takes from a task's end to its webhook's arrival while one of five receivers hangs on every call.
// Receivers run in this process, so that both times are read off one clock.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { percentile } from './webhook-bench-api.ts';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookBenchApi } from './webhook-bench-api.ts';

export interface LatencyOptions {
  readonly api: WebhookBenchApi;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** `one`: each event goes to one of the five in turn. `all`: each goes to all five. */
  readonly receiversOfEach: 'one' | 'all';
  /** Signs what goes to a `?webhook=`. */
  readonly accountSecret: string;
  /** How long the hanging receiver holds each call before it answers. */
  readonly hangMs: number;
  readonly onProgress: (submittedCount: number, receivedCount: number) => void;
}

export interface LatencyResult {
  readonly submittedCount: number;
  /** What the four that answer should have had, and had. */
  readonly expectedCount: number;
  readonly receivedCount: number;
  readonly badlySignedCount: number;
  readonly heldCount: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const receiverCount = 5;
const patienceMs = 60_000;

interface Receiver {
  readonly url: string;
  readonly server: Server;
  secret: string;
}

export const measureLatency = async (options: LatencyOptions): Promise<LatencyResult> => {
  const { api, eventsPerSecond, seconds, receiversOfEach, hangMs, onProgress } = options;
  /** By receiver and event; those of the warm-up are left out in the end. */
  const lags = new Map<string, number>();
  const tally = { held: 0, badlySigned: 0 };
  const receivers: Receiver[] = [];
  for (let index = 0; index < receiverCount; index += 1) {
    receivers.push(await openReceiver(index, index === 0 ? hangMs : 0, lags, tally));
  }
  const endpointIds: string[] = [];
  for (const [index, receiver] of receivers.entries()) {
    if (receiversOfEach === 'one') {
      receiver.secret = options.accountSecret;
      continue;
    }
    const { id, secret } = await api.endpoint(`${receiver.url}/${index}`);
    receiver.secret = secret;
    endpointIds.push(id);
  }
  await warmUp(api, receivers);
  lags.clear();

  const total = eventsPerSecond * seconds;
  const startedAt = Date.now();
  const submits: Promise<string>[] = [];
  for (let index = 0; index < total; index += 1) {
    const target = receivers[index % receiverCount];
    submits.push(api.submit(receiversOfEach === 'one' ? target?.url : undefined));
    onProgress(index + 1, lags.size);
    await sleep(Math.max(0, startedAt + ((index + 1) * 1_000) / eventsPerSecond - Date.now()));
  }
  const submitted = await Promise.all(submits);
  const perEvent = receiversOfEach === 'one' ? 1 / receiverCount : 1;
  const expected = Math.round(submitted.length * perEvent * (receiverCount - 1));
  for (let waitedMs = 0; lags.size < expected && waitedMs < patienceMs; waitedMs += 100) {
    await sleep(100);
    onProgress(total, lags.size);
  }
  for (const id of endpointIds) await api.call('DELETE', `/v1/webhook-endpoints/${id}`);
  for (const { server } of receivers) {
    server.closeAllConnections();
    server.close();
  }
  const measured = new Set(submitted.map((id) => `evt_${id}_1`));
  const sorted = [...lags]
    .flatMap(([key, lagMs]) => (measured.has(key.split(' ')[1] ?? '') ? [lagMs] : []))
    .sort((one, other) => one - other);
  return {
    submittedCount: submitted.length,
    expectedCount: expected,
    receivedCount: sorted.length,
    badlySignedCount: tally.badlySigned,
    heldCount: tally.held,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
  };
};

/** Starts what starts at first use (functions, connections, the gate's learning), which is not what is measured. */
const warmUp = async (api: WebhookBenchApi, receivers: readonly Receiver[]): Promise<void> => {
  const quick = receivers.at(-1)?.url ?? '';
  const ids = await Promise.all(Array.from({ length: 40 }, () => api.submit(`${quick}/warm`)));
  for (const id of ids) {
    for (;;) {
      const { status } = await api.call<{ status: string }>('GET', `/v1/requests/${id}`);
      if (status === 'completed' || status === 'failed') break;
      await sleep(200);
    }
  }
  await sleep(2_000);
};

const openReceiver = async (
  index: number,
  hangMs: number,
  lags: Map<string, number>,
  tally: { held: number; badlySigned: number },
): Promise<Receiver> => {
  const server = createServer((request, response) => {
    const receivedAt = Date.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (hangMs > 0) {
        tally.held += 1;
        setTimeout(() => response.writeHead(200).end(), hangMs).unref();
        return;
      }
      response.writeHead(200).end();
      if (request.url === '/warm') return;
      const headers = request.headers as Record<string, string>;
      try {
        new Webhook(receiver.secret).verify(text, headers);
      } catch {
        tally.badlySigned += 1;
      }
      const { timestamp } = JSON.parse(text) as { timestamp: string };
      const key = `${index} ${headers['webhook-id'] ?? ''}`;
      // The first arrival counts; a repeat would only make the figure better.
      if (!lags.has(key)) lags.set(key, receivedAt - Date.parse(timestamp));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const receiver = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, secret: 'whsec_' };
  return receiver;
};
