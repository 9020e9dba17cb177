// Measures the time from a task's end to its webhook's arrival while one of five receivers hangs on every call. It
// distinguishes two ends: when Get3W was done, and when the relay recorded it, the `timestamp` of the webhook. Arrival
// is the first byte of the request at the receiver's server. All clocks are this machine's.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { percentile } from './webhook-bench-api.ts';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookBenchApi } from './webhook-bench-api.ts';

interface LatencyOptions {
  readonly api: WebhookBenchApi;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** `one`: each event goes to one of the five in turn; `all`: each event goes to all five. */
  readonly receiversOfEach: 'one' | 'all';
  /** Signs calls of `?webhook=` addresses. */
  readonly accountSecret: string;
  /** How long the hanging receiver holds each call before it answers. */
  readonly hangMs: number;
  /** Address of the simulator, which knows when its tasks ended; undefined for the real Get3W. */
  readonly simulatorUrl: string | undefined;
  readonly onProgress: (submittedCount: number, receivedCount: number) => void;
}

export interface LatencyResult {
  readonly submittedCount: number;
  /** Webhooks that the four answering receivers should have received. */
  readonly expectedCount: number;
  readonly receivedCount: number;
  readonly badlySignedCount: number;
  readonly heldCount: number;
  /** From the moment at which the relay recorded the end. */
  readonly fromRecord: Spread;
  /** From the moment at which the simulator ended the task, including its callback and the settle stage. */
  readonly fromEnd: Spread | undefined;
}

export interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Arrival {
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly recordedAtMs: number;
}

const RECEIVER_COUNT = 5;
const PATIENCE_MS = 60_000;

interface Receiver {
  readonly url: string;
  readonly server: Server;
  secret: string;
  /** How long the receiver holds each call before it answers, milliseconds. */
  hangMs: number;
}

export async function measureLatency(options: LatencyOptions): Promise<LatencyResult> {
  const { api, eventsPerSecond, seconds, receiversOfEach, hangMs, simulatorUrl, onProgress } = options;
  /** First arrivals by receiver and event; those of the warm-up are removed at the end. */
  const arrivals = new Map<string, Arrival>();
  const tally = { held: 0, badlySigned: 0 };
  const receivers: Receiver[] = [];
  for (let index = 0; index < RECEIVER_COUNT; index += 1) {
    receivers.push(await openReceiver(index, arrivals, tally));
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
  arrivals.clear();
  // Only now, because a receiver that hung before would already be paused when the measured events come.
  const [hanging] = receivers;
  if (hanging) hanging.hangMs = hangMs;

  const total = eventsPerSecond * seconds;
  const startedAt = Date.now();
  const submits: Promise<string>[] = [];
  for (let index = 0; index < total; index += 1) {
    const target = receivers[index % RECEIVER_COUNT];
    submits.push(api.submit(receiversOfEach === 'one' ? target?.url : undefined));
    onProgress(index + 1, arrivals.size);
    await sleep(Math.max(0, startedAt + ((index + 1) * 1_000) / eventsPerSecond - Date.now()));
  }
  const submitted = await Promise.all(submits);
  const perEvent = receiversOfEach === 'one' ? 1 / RECEIVER_COUNT : 1;
  const expected = Math.round(submitted.length * perEvent * (RECEIVER_COUNT - 1));
  for (let waitedMs = 0; arrivals.size < expected && waitedMs < PATIENCE_MS; waitedMs += 100) {
    await sleep(100);
    onProgress(total, arrivals.size);
  }
  for (const id of endpointIds) await api.call('DELETE', `/v1/webhook-endpoints/${id}`);
  for (const { server } of receivers) {
    server.closeAllConnections();
    server.close();
  }
  const measuredIds = new Set(submitted.map((id) => `evt_${id}_1`));
  const measured = [...arrivals.values()].filter(({ eventId }) => measuredIds.has(eventId));
  const endedAtMs = simulatorUrl === undefined ? undefined : await readEnds(simulatorUrl, submitted);
  return {
    submittedCount: submitted.length,
    expectedCount: expected,
    receivedCount: measured.length,
    badlySignedCount: tally.badlySigned,
    heldCount: tally.held,
    fromRecord: spreadOf(measured.map(({ receivedAtMs, recordedAtMs }) => receivedAtMs - recordedAtMs)),
    fromEnd:
      endedAtMs && spreadOf(measured.map(({ eventId, receivedAtMs }) => receivedAtMs - (endedAtMs.get(eventId) ?? 0))),
  };
}

function spreadOf(lagsMs: readonly number[]): Spread {
  const sorted = [...lagsMs].sort((one, other) => one - other);
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), maxMs: sorted.at(-1) ?? Number.NaN };
}

/** When the simulator ended each task, epoch milliseconds by event id. */
async function readEnds(simulatorUrl: string, taskIds: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  for (const id of taskIds) {
    const answer = await fetch(new URL(`/_simulator/tasks?request_id=${id}`, simulatorUrl));
    const { tasks } = (await answer.json()) as { readonly tasks: readonly { readonly ended_at: string | null }[] };
    // The task ended with its newest attempt.
    const endedAt = tasks[0]?.ended_at;
    if (typeof endedAt === 'string') ends.set(`evt_${id}_1`, Date.parse(endedAt));
  }
  return ends;
}

/** Warms up what starts at first use (functions, connections, the gate's learning), which is not to be measured. */
async function warmUp(api: WebhookBenchApi, receivers: readonly Receiver[]): Promise<void> {
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
}

async function openReceiver(
  index: number,
  arrivals: Map<string, Arrival>,
  tally: { held: number; badlySigned: number },
): Promise<Receiver> {
  const server = createServer((request, response) => {
    const receivedAtMs = Date.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      if (request.url !== '/warm' && !isSigned(receiver.secret, text, headers)) tally.badlySigned += 1;
      if (receiver.hangMs > 0) {
        tally.held += 1;
        setTimeout(() => response.writeHead(200).end(), receiver.hangMs).unref();
        return;
      }
      response.writeHead(200).end();
      const { timestamp } = JSON.parse(text) as { timestamp: string };
      const eventId = headers['webhook-id'] ?? '';
      const key = `${index} ${eventId}`;
      // Only its later arrival distinguishes a repeat from the first call.
      if (!arrivals.has(key)) arrivals.set(key, { eventId, receivedAtMs, recordedAtMs: Date.parse(timestamp) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = { url, server, secret: 'whsec_', hangMs: 0 };
  return receiver;
}

function isSigned(secret: string, text: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(text, headers);
    return true;
  } catch {
    return false;
  }
}
