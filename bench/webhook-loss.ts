// Publish, then verify: many events go to a receiver that fails at random, hangs now and then, and is killed and
// restarted. In the end every id must have arrived with a correct signature; the number of repeats is reported.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../local/free-port.ts';
import type { ChildProcess } from 'node:child_process';
import type { WebhookBenchApi } from './webhook-bench-api.ts';

interface LossOptions {
  readonly api: WebhookBenchApi;
  readonly eventCount: number;
  readonly failShare: number;
  readonly hangShare: number;
  readonly kills: number;
  readonly timeoutMs: number;
  readonly onProgress: (submittedCount: number, takenCount: number) => void;
}

export interface LossResult {
  readonly submittedCount: number;
  /** Distinct ids that the receiver accepted. */
  readonly takenCount: number;
  readonly missing: readonly string[];
  /** Times that an id was accepted again. */
  readonly doubledCount: number;
  readonly badlySignedCount: number;
  readonly callCount: number;
  /** Webhooks that used up their attempts and were delivered after one call of recover. */
  readonly recoveredCount: number;
  readonly killCount: number;
  readonly elapsedMs: number;
}

/** How long the receiver is down after each kill. */
const AWAY_MS = 3_000;
const SUBMITS_AT_ONCE = 20;

export async function measureLoss(options: LossOptions): Promise<LossResult> {
  const { api, eventCount, kills, timeoutMs, onProgress } = options;
  const folder = mkdtempSync(join(tmpdir(), 'relay-webhooks-'));
  const file = join(folder, 'received.txt');
  writeFileSync(file, '');
  const port = await freePort();
  const endpoint = await api.endpoint(`http://127.0.0.1:${port}/hook`);
  const start = (): Promise<ChildProcess> => startReceiver(options, port, file, endpoint.secret);
  const startedAt = Date.now();
  let receiver = await start();
  const expected = await submitAll(api, eventCount, (count) => onProgress(count, readTaken(file).ids.size));
  let killCount = 0;
  let recoveredCount = 0;
  for (;;) {
    const { ids } = readTaken(file);
    onProgress(expected.length, ids.size);
    if (killCount < kills && ids.size >= (eventCount * (killCount + 1)) / (kills + 1)) {
      receiver.kill('SIGKILL');
      killCount += 1;
      await sleep(AWAY_MS);
      receiver = await start();
    }
    if (ids.size >= expected.length || Date.now() - startedAt > timeoutMs) break;
    recoveredCount += await recoverExhausted(api, endpoint.id, startedAt);
    await sleep(1_000);
  }
  // Calls still under way may add repeats.
  await sleep(5_000);
  receiver.kill('SIGKILL');
  const { ids, lines, badlySigned } = readTaken(file);
  const callCount = await countCalls(api, endpoint.id);
  await api.call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`);
  rmSync(folder, { recursive: true, force: true });
  return {
    submittedCount: expected.length,
    takenCount: ids.size,
    missing: expected.filter((id) => !ids.has(id)),
    doubledCount: lines - ids.size,
    badlySignedCount: badlySigned,
    callCount,
    recoveredCount,
    killCount,
    elapsedMs: Date.now() - startedAt,
  };
}

/** @returns the ids of the events of these tasks' ends. */
async function submitAll(api: WebhookBenchApi, count: number, onSubmitted: (count: number) => void): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      ids.push(`evt_${await api.submit()}_1`);
      if (ids.length % 50 === 0) onSubmitted(ids.length);
    }
  };
  await Promise.all(Array.from({ length: SUBMITS_AT_ONCE }, worker));
  return ids;
}

async function startReceiver(
  { failShare, hangShare }: LossOptions,
  port: number,
  file: string,
  secret: string,
): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'webhook-receiver.ts');
  const args = [script, String(port), file, secret, String(failShare), String(hangShare)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

function readTaken(file: string): { ids: Set<string>; lines: number; badlySigned: number } {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const taken = lines.filter((line) => line.startsWith('ok '));
  return {
    ids: new Set(taken.map((line) => line.slice(3))),
    lines: taken.length,
    badlySigned: lines.length - taken.length,
  };
}

interface DeliveryPage {
  readonly data: readonly { readonly attempt_count: number; readonly status: string }[];
  readonly next_cursor: string | null;
}

/** Ten failures in a row are rare at thirty per cent but possible: such a webhook is exhausted, and recovered here. */
async function recoverExhausted(api: WebhookBenchApi, endpointId: string, since: number): Promise<number> {
  const path = `/v1/webhook-endpoints/${endpointId}`;
  const { data } = await api.call<DeliveryPage>('GET', `${path}/deliveries?status=exhausted&limit=1`);
  if (data.length === 0) return 0;
  const exhausted = (await allDeliveries(api, endpointId, 'exhausted')).length;
  const body = { since: new Date(since).toISOString() };
  let cursor: string | null = null;
  do {
    const reply: { next_cursor: string | null } = await api.call('POST', `${path}/recover`, {
      ...body,
      ...(cursor !== null && { cursor }),
    });
    cursor = reply.next_cursor;
  } while (cursor !== null);
  return exhausted;
}

async function allDeliveries(api: WebhookBenchApi, endpointId: string, status?: string): Promise<DeliveryPage['data']> {
  const found: DeliveryPage['data'][number][] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      limit: '100',
      ...(status !== undefined && { status }),
      ...(cursor !== null && { cursor }),
    });
    const page: DeliveryPage = await api.call(
      'GET',
      `/v1/webhook-endpoints/${endpointId}/deliveries?${query.toString()}`,
    );
    found.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

async function countCalls(api: WebhookBenchApi, endpointId: string): Promise<number> {
  return (await allDeliveries(api, endpointId)).reduce((sum, delivery) => sum + delivery.attempt_count, 0);
}
