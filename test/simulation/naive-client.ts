// The loop that people write in place of a relay: submit, wait, on any error wait 1, 2, 4 s and submit again, give up
// after three tries. Played against the same Get3W as the relay, so that its losses can be compared with the relay's.
import { Dice } from './dice.ts';
import { Faults } from './faults.ts';
import { Get3wModel } from './get3w-model.ts';
import { VirtualTime } from './virtual-time.ts';
import type { PlannedJob, WorldPlan } from './world-plan.ts';

export interface NaiveReport {
  readonly jobs: number;
  readonly completed: number;
  readonly lost: number;
  readonly posts: number;
  readonly limited: number;
  /** POSTs between two moments of the world, milliseconds from its beginning. */
  readonly postsBetween: (from: number, until: number) => number;
}

const TRIES_MAX = 3;

export function playNaiveClient(plan: WorldPlan): NaiveReport {
  const time = new VirtualTime(0);
  const faults = new Faults(plan, time, new Dice(plan.seed));
  const postedAt: number[] = [];
  const waiting = new Map<string, (isGood: boolean) => void>();
  let completed = 0;
  let lost = 0;
  const get3w = new Get3wModel({
    plan: plan.get3w,
    time,
    faults,
    onPost: () => void postedAt.push(faults.elapsedMs()),
    // The loop polls; that it learns the outcome at once is in its favour.
    callWebhook: (url, body) => waiting.get(url)?.((JSON.parse(body) as { code: number }).code === 0),
  });
  const submit = (job: PlannedJob, id: string, tries: number): void => {
    const failed = (): void => {
      if (tries === TRIES_MAX) lost += 1;
      else time.after(1_000 * 2 ** (tries - 1), () => submit(job, id, tries + 1));
    };
    const callbackUrl = `${id}.${tries}`;
    const reply = get3w.receive({ model: job.model, input: '{}', requestId: id, callbackUrl });
    if (reply.kind !== 'answer' || reply.status !== 200) return failed();
    waiting.set(callbackUrl, (isGood) => {
      if (isGood) completed += 1;
      else failed();
    });
  };
  for (const [index, job] of plan.jobs.entries()) time.after(job.at, () => submit(job, `job-${index}`, 1));
  while (time.step());
  return {
    jobs: plan.jobs.length,
    completed,
    lost,
    posts: get3w.posts,
    limited: get3w.limited,
    postsBetween: (from, until) => postedAt.filter((at) => at >= from && at < until).length,
  };
}
