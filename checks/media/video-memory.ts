// Memory of the keep function for a long video: its bundle alone in a process, between a server of outputs, the files that
// play S3 and a table, each in processes of their own. What it takes at most is compared with what it takes after a small
// output.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { systemRandomSource } from '../../core/adapters/system-random-source.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { bundleFunctions } from '../../lib/bundling/function-bundles.ts';
import { startObjectServer } from '../../local/objects/object-server.ts';
import { startDynoxide } from '../../test/support/dynoxide.ts';
import { createRelayTable, localDynamoClient } from '../../test/support/relay-table.ts';
import { sampleAttempt, sampleTask } from '../../test/support/sample-task.ts';
import { startOutputServer } from './output-server.ts';
import type { ChildProcess } from 'node:child_process';
import type { Store } from '../../core/adapters/dynamodb/dynamo-store.ts';

const VIDEO_BYTES = 500_000_000;
const SMALL_BYTES = 1_000_000;
const TABLE = 'media';
const BUCKET = 'media';
const SAMPLE_MS = 50;
const ANSWER_MS_MAX = 4 * MINUTE_MS;

interface VideoMemory {
  readonly bytes: number;
  readonly idleMb: number;
  readonly mostMb: number;
  readonly seconds: number;
  /** What the function computed for it, without TLS, which AWS has on both sides. */
  readonly cpuSeconds: number;
}

interface Served {
  readonly isServed: boolean;
  readonly cpuMs: number;
}

export async function measureVideo(): Promise<VideoMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-video-'));
  const objects = await startObjectServer({ directory: join(folder, 'objects') });
  objects.setBuckets([BUCKET]);
  const dynoxide = await startDynoxide();
  const client = localDynamoClient(dynoxide.endpoint);
  await createRelayTable(client, TABLE);
  const world = { clock: systemClock, randomSource: systemRandomSource };
  const store = makeDynamoStore({ ...world, client, tableName: TABLE, settings: defaultSettings.gate });
  const small = await startOutputServer({ outputsPerTask: 1, bytes: SMALL_BYTES, cutShare: 0 });
  const large = await startOutputServer({ outputsPerTask: 1, bytes: VIDEO_BYTES, cutShare: 0 });
  const child = fork(join(import.meta.dirname, 'keep-alone.ts'), [bundleFunctions(join(folder, 'bundles'))], {
    env: environmentOf({ dynamoDb: dynoxide.endpoint, s3: objects.url }),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    await answerOf(child);
    const before = await keep(child, store, `${small.url}/outputs/small`);
    const idleMb = residentMb(child);
    const startedAt = Date.now();
    const [mostMb, after] = await mostWhile(child, keep(child, store, `${large.url}/outputs/video`));
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    return { bytes: VIDEO_BYTES, idleMb, mostMb, seconds, cpuSeconds: (after.cpuMs - before.cpuMs) / 1_000 };
  } finally {
    child.kill();
    client.destroy();
    await Promise.all([small.close(), large.close(), objects.close(), dynoxide.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function environmentOf(endpoints: { readonly dynamoDb: string; readonly s3: string }): NodeJS.ProcessEnv {
  const addresses = { openSubnets: ['127.0.0.0/8'], isHttpOpen: true };
  const settings = { ...defaultSettings, deliveries: { ...defaultSettings.deliveries, addresses } };
  // Doorbells are sent nowhere: a lost one is no fault.
  const queue = 'http://127.0.0.1:1/queue';
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamoDb,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    RELAY_URL: 'http://relay.example',
    SERVICE_NAME: 'check',
    RELAY_VERSION: '0',
    SETTINGS: JSON.stringify(settings),
    DISPATCH_QUEUE_URL: queue,
    SETTLE_QUEUE_URL: queue,
    DELIVER_QUEUE_URL: queue,
    KEEP_QUEUE_URL: queue,
  };
}

/** @throws Error when the process ends, or does not answer for minutes. */
async function answerOf(child: ChildProcess): Promise<Served> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the keep function ended with ${String(code)}`);
  });
  const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Served];
  return answer;
}

/** @throws Error when the output was not kept. */
async function keep(child: ChildProcess, store: Store, address: string): Promise<Served> {
  const now = systemClock.now();
  const task = sampleTask({ id: systemRandomSource.id(), keep: 'after-end', isUncounted: true });
  await store.createTask({ task, input: '{}' });
  const result = { code: 0, outputs: [address], error: null };
  const attempts = [sampleAttempt({ state: 'closed', outcome: 'completed', endedAt: now })];
  const { due: _due, ...ended } = { ...task, attempts, attemptCount: 1, ends: 1, endedAt: now, updatedAt: now, result };
  const after = { ...ended, status: 'completed', version: 2 } as const;
  await store.commit({ changes: [{ before: task, after }] });
  child.send(task.id);
  const served = await answerOf(child);
  const [output] = (await store.loadKeepJob(task.id))?.outputs ?? [];
  if (output?.state === 'kept') return served;
  throw new Error(`the output was not kept: ${JSON.stringify(output)} ${JSON.stringify(served)}`);
}

async function mostWhile<Value>(child: ChildProcess, work: Promise<Value>): Promise<readonly [number, Value]> {
  let mostMb = 0;
  const timer = setInterval(() => (mostMb = Math.max(mostMb, residentMb(child))), SAMPLE_MS);
  const value = await work.finally(() => clearInterval(timer));
  return [mostMb, value];
}

/** As Linux counts it. */
function residentMb({ pid }: ChildProcess): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_024);
}
