// `npm run check:media`: many outputs through one local relay while a fifth of the downloads is cut in the middle and the
// relay is killed three times. Each output must be in the bucket once, with the right hash, and be reported once; then the
// keep function alone keeps a long video, and its memory must not grow with it (video-memory.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { startRelay } from '../../test/support/relay-process.ts';
import { hashOf, startOutputServer } from './output-server.ts';
import { measureVideo } from './video-memory.ts';
import type { OutputServer } from './output-server.ts';
import type { RelayProcess } from '../../test/support/relay-process.ts';

/** Another number of outputs is its only argument. */
const outputCount = Number(process.argv[2] ?? 1_000);
const OUTPUTS_PER_TASK = 10;
const BYTES = 1_000_000;
const CUT_SHARE = 0.2;
const KILLS = 3;
const WAIT_MS_MAX = 12 * MINUTE_MS;
const GROWTH_MB_MAX = 48;

interface KeptOutput {
  readonly source: string;
  readonly state: string;
  readonly url: string | null;
  readonly sha256: string | null;
}

interface ShownTask {
  readonly id: string;
  readonly status: string;
  readonly kept_outputs?: readonly KeptOutput[];
}

const server = await startOutputServer({ outputsPerTask: OUTPUTS_PER_TASK, bytes: BYTES, cutShare: CUT_SHARE });
const environment = { GET3W_URL: server.url, GET3W_API_KEY: 'sk_check' };
let relay = await startRelay({ args: ['--callbacks'], environment });
try {
  const faults = [...(await checkOutputs(server)), ...(await checkVideo())];
  for (const fault of faults) console.error(`FAULT ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await relay.stop();
  await server.close();
}

async function call<Body>(path: string, init: RequestInit = {}): Promise<Body> {
  const headers = { authorization: `Bearer ${relay.apiKey}`, 'content-type': 'application/json' };
  const answer = await fetch(new URL(path, relay.url), { ...init, headers, signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Body;
}

async function killAndRestart(process: RelayProcess): Promise<RelayProcess> {
  await process.kill9();
  return process.restart();
}

async function checkOutputs({ downloads }: OutputServer): Promise<readonly string[]> {
  const startedAt = Date.now();
  const tasks = Math.ceil(outputCount / OUTPUTS_PER_TASK);
  const ids: string[] = [];
  for (let task = 0; task < tasks; task += 1) {
    const path = '/v1/check/video/text-to-video?keep=true';
    ids.push((await call<{ id: string }>(path, { method: 'POST', body: '{"prompt":"x"}' })).id);
  }
  let kills = 0;
  let kept = 0;
  while (kept < tasks * OUTPUTS_PER_TASK && Date.now() - startedAt < WAIT_MS_MAX) {
    await sleep(1_000);
    kept = (await Promise.all(ids.map(showTask))).flatMap(({ kept_outputs: all = [] }) => all.filter(isKept)).length;
    if (kills < KILLS && kept > (tasks * OUTPUTS_PER_TASK * (kills + 1)) / (KILLS + 2)) {
      kills += 1;
      relay = await killAndRestart(relay);
    }
  }
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(0);
  console.log(`${kept} outputs of ${BYTES} bytes kept in ${seconds} s, the relay killed ${kills} times`);
  console.log(`downloads: ${downloads.whole} whole, ${downloads.cut} cut in the middle`);
  return [...(kills < KILLS ? [`only ${kills} kills`] : []), ...(await judgeAll(ids))];
}

function isKept({ state }: KeptOutput): boolean {
  return state === 'kept';
}

function showTask(id: string): Promise<ShownTask> {
  return call<ShownTask>(`/v1/requests/${id}`);
}

/** Reads every output back from the bucket, and counts the events that tell of them. */
async function judgeAll(ids: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = [];
  let right = 0;
  for (const id of ids) {
    const { kept_outputs: outputs = [] } = await showTask(id);
    for (const [index, output] of outputs.entries()) {
      const wanted = hashOf(output.source.split('/').at(-1) ?? '', BYTES);
      if (!isKept(output) || output.sha256 !== wanted)
        faults.push(`${id} ${index} is ${output.state} ${output.sha256}`);
      else if ((await hashOfStored(output)) !== wanted) faults.push(`${id} ${index} holds other bytes`);
      else right += 1;
    }
    if (outputs.length !== OUTPUTS_PER_TASK) faults.push(`${id} shows ${outputs.length} outputs`);
  }
  const reports = await countEvents();
  const twice = [...reports.values()].filter((count) => count > 1).length;
  const never = ids.filter((id) => !reports.has(id)).length;
  console.log(`${right} hashes right; ${reports.size} tasks reported as kept, ${twice} twice, ${never} never`);
  return [...faults, ...(twice + never > 0 ? ['not every task was reported once'] : [])];
}

async function hashOfStored({ url }: KeptOutput): Promise<string> {
  const answer = await fetch(url ?? '', { signal: AbortSignal.timeout(30_000) });
  const digest = await crypto.subtle.digest('SHA-256', await answer.arrayBuffer());
  return Buffer.from(digest).toString('hex');
}

interface EventPage {
  readonly data: readonly { readonly type: string; readonly data: { readonly id: string } }[];
  readonly next_cursor: string;
}

/** By task: how often an event reported that its outputs are kept. */
async function countEvents(): Promise<ReadonlyMap<string, number>> {
  const reports = new Map<string, number>();
  let after = '2020-01-01';
  for (;;) {
    const page = await call<EventPage>(`/v1/events?limit=100&after=${encodeURIComponent(after)}`);
    for (const { type, data } of page.data) {
      if (type === 'task.outputs-kept') reports.set(data.id, (reports.get(data.id) ?? 0) + 1);
    }
    if (page.data.length === 0) return reports;
    after = page.next_cursor;
  }
}

async function checkVideo(): Promise<readonly string[]> {
  const { bytes, idleMb, mostMb, seconds, cpuSeconds } = await measureVideo();
  const growthMb = mostMb - idleMb;
  console.log(
    `a video of ${bytes / 1_000_000} MB in ${seconds} s: the keep bundle alone ${idleMb} MB idle, ${mostMb} MB at most`,
  );
  console.log(`${((1e9 * cpuSeconds) / bytes).toFixed(1)} ms of a processor for each MB`);
  return growthMb <= GROWTH_MB_MAX ? [] : [`memory grew by ${growthMb} MB, ${GROWTH_MB_MAX} are allowed`];
}
