// A bulk job in a load world: 5,000 waiting tasks of one account are cancelled within half a minute, over the table's physics,
// while the submits of the others are answered as before. What a job touches and counts is job-calls.test.ts's.
import { expect, it } from 'vitest';
import { keyOfAccount } from './load-clients.ts';
import { STARTS_AT } from './load-get3w.ts';
import { loadOf } from './load-plan.ts';
import { LoadWorld } from './load-world.ts';
import type { PublicJob } from '../../core/http/public-job.ts';

const WAITING = 5_000;
const FLOOD_MS = 25_000;
/** The calm between the flood and the job: the others submit as they do while the job runs. */
const JOB_AT_MS = FLOOD_MS + 15_000;
const headers = { authorization: `Bearer ${keyOfAccount(0)}`, 'content-type': 'application/json' };

function p99(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

async function runJob({ functions, time }: LoadWorld): Promise<{ readonly job: PublicJob; readonly tookMs: number }> {
  await time.sleep(JOB_AT_MS);
  const body = JSON.stringify({ action: 'cancel', filter: { status: 'waiting' } });
  const startedAt = time.now();
  const answer = await functions.call({ method: 'POST', routeKey: 'POST /v1/jobs', path: '/v1/jobs', headers, body });
  let job = JSON.parse(answer.body) as PublicJob;
  while (job.ended_at === null && time.now() - startedAt < 120_000) {
    await time.sleep(500);
    const path = `/v1/jobs/${job.id}`;
    const shown = await functions.call({ method: 'GET', routeKey: 'GET /v1/jobs/{id}', path, headers });
    job = JSON.parse(shown.body) as PublicJob;
  }
  return { job, tookMs: time.now() - startedAt };
}

it('cancels 5,000 waiting tasks within 30 s, and the others submit as before', async () => {
  const plan = loadOf({ seed: 1, tasksPerSecond: 12, load: 1, workMs: 5_000 });
  const world = new LoadWorld({
    ...plan,
    submitsPerSecond: 240,
    greedyShare: 0.95,
    greedyUntilMs: FLOOD_MS,
    submitsForMs: JOB_AT_MS + 40_000,
    endsAtMs: JOB_AT_MS + 45_000,
    warmMs: 0,
  });
  const ran = runJob(world);
  await world.play();
  const { job, tookMs } = await ran;
  const jobAt = STARTS_AT + JOB_AT_MS;
  const between = (from: number, to: number): readonly number[] =>
    world.clients.othersAnswers.flatMap(({ at, tookMs: ms }) => (at >= from && at < to ? [ms] : []));
  const calm = p99(between(STARTS_AT + FLOOD_MS + 1_000, jobAt));
  const during = p99(between(jobAt, jobAt + tookMs));
  expect(job).toMatchObject({ status: 'done', failed: 0 });
  expect(job.done).toBeGreaterThan(WAITING);
  expect(job.seen).toBe(job.done + job.skipped);
  expect(tookMs).toBeLessThan(30_000);
  expect(during).toBeLessThan(3 * calm);
  expect(world.functions.failures).toEqual([]);
});
