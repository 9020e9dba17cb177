// The outage world: clients offer 80 % of what Get3W can do, and for two hours it answers nothing but 5003.
// Is a task lost, are attempts used up, how much is submitted in vain, and how soon does the relay recover?
// The naive client of naive-client.ts is played in the same world, for comparison.
import { noPrices } from '../../core/domain/money/price-table.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { Dice } from './dice.ts';
import { playNaiveClient } from './naive-client.ts';
import { STARTS_AT, World } from './world.ts';
import { noFaults } from './world-plan.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { NaiveReport } from './naive-client.ts';
import type { PlannedJob, WorldPlan } from './world-plan.ts';

const SLOTS = 20;
const DURATION_MS = 30_000;
const LOAD = 0.8;
const OUTAGE_FROM_MS = 15 * MINUTE_MS;
const OUTAGE_MS = 120 * MINUTE_MS;
const RECOVERY_MS = OUTAGE_FROM_MS + OUTAGE_MS;
/** Clients go on after the recovery, or goodput would be measured on the backlog alone. */
const LOAD_UNTIL_MS = RECOVERY_MS + 20 * MINUTE_MS;

export interface OutageReport {
  readonly problems: readonly string[];
  readonly jobs: number;
  readonly completed: number;
  /** Most failures that a task had counted against its policy at its end. */
  readonly failuresMax: number;
  readonly outagePosts: number;
  readonly naive: NaiveReport;
  /** POSTs of the naive client during the outage. */
  readonly naiveOutagePosts: number;
  /** Completions a minute: before the outage, and from five to ten minutes after the recovery. */
  readonly goodputBefore: number;
  readonly goodputAfter: number;
  /** From the recovery to the first minute with 95 % of the goodput before; that minute not included. */
  readonly recoveredAfterMs: number;
}

function outagePlan(seed: number): WorldPlan {
  const dice = new Dice(seed + 1);
  const everyMs = DURATION_MS / SLOTS / LOAD;
  const jobs: PlannedJob[] = [];
  // Independent clients: the gaps between them are exponential.
  for (let at = 0; at < LOAD_UNTIL_MS; at -= everyMs * Math.log(1 - dice.between(0, 1))) {
    jobs.push({
      at,
      accountId: 'acc_one',
      model: 'acme/sketch/text-to-image',
      prioritySeconds: 0,
      hasKey: false,
      retries: 0,
    });
  }
  return {
    seed,
    settings: { ...defaultSettings, gate: { ...defaultSettings.gate, limitStart: SLOTS, limitMax: SLOTS } },
    prices: noPrices,
    get3w: {
      slots: SLOTS,
      durationMeanMs: DURATION_MS,
      durationSigma: 0.5,
      limitedShare: 0,
      transientShare: 0,
      transientCodes: [5003],
      fatalShare: 0,
      endlessShare: 0,
      spells: [{ manner: 'failing', from: OUTAGE_FROM_MS, until: RECOVERY_MS }],
    },
    accounts: [{ id: 'acc_one', weight: 1 }],
    jobs,
    rates: noFaults,
    outages: [],
    operatorPauses: [],
    clockSkewMs: 0,
    callMs: [4, 11],
    concurrency: 10,
    batchMessagesMax: 10,
    faultsUntil: 0,
    endsBy: 24 * 60 * MINUTE_MS,
  };
}

export async function playOutageWorld(seed: number): Promise<OutageReport> {
  const plan = outagePlan(seed);
  const world = new World(plan);
  const marks = new Map<number, number>();
  const { problems } = await world.play({
    watch: ({ get3w }, elapsedMs) => {
      for (const at of [OUTAGE_FROM_MS, RECOVERY_MS]) {
        if (elapsedMs >= at && !marks.has(at)) marks.set(at, get3w.posts);
      }
    },
  });
  const tasks = [...world.auditor.tasks.values()];
  const endedAt = tasks.filter(({ status }) => status === 'completed').map((task) => (task.endedAt ?? 0) - STARTS_AT);
  const perMinute = (from: number, until: number): number =>
    endedAt.filter((at) => at >= from && at < until).length / ((until - from) / MINUTE_MS);
  const goodputBefore = perMinute(5 * MINUTE_MS, OUTAGE_FROM_MS);
  const naive = playNaiveClient(plan);
  return {
    problems,
    jobs: plan.jobs.length,
    completed: endedAt.length,
    failuresMax: Math.max(
      ...tasks.map(({ failures }) => Object.values(failures).reduce((sum, count) => sum + count, 0)),
    ),
    outagePosts: (marks.get(RECOVERY_MS) ?? 0) - (marks.get(OUTAGE_FROM_MS) ?? 0),
    naive,
    naiveOutagePosts: naive.postsBetween(OUTAGE_FROM_MS, RECOVERY_MS),
    goodputBefore,
    goodputAfter: perMinute(RECOVERY_MS + 5 * MINUTE_MS, RECOVERY_MS + 10 * MINUTE_MS),
    recoveredAfterMs: firstGoodMinute(perMinute, 0.95 * goodputBefore),
  };
}

function firstGoodMinute(perMinute: (from: number, until: number) => number, goodput: number): number {
  for (let afterMs = 0; afterMs < 60 * MINUTE_MS; afterMs += 1_000) {
    const from = RECOVERY_MS + afterMs;
    if (perMinute(from, from + MINUTE_MS) >= goodput) return afterMs;
  }
  return Number.POSITIVE_INFINITY;
}
