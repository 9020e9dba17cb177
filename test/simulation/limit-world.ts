// The limit world: Get3W lets 20 tasks run at once, and 2,000 are offered in one moment by three accounts of weights
// 1, 1 and 2. How close does the gate come to keeping every slot busy, what does it cost in 429s, and is the order
// fair? Nothing goes wrong here but the 5003 of one task in ten; the seeds have all other faults.
import { noPrices } from '../../core/domain/money/price-table.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { median } from './median.ts';
import { playNaiveClient } from './naive-client.ts';
import { World } from './world.ts';
import { noFaults } from './world-plan.ts';
import type { NaiveReport } from './naive-client.ts';
import type { PlannedAccount, PlannedJob, WorldPlan } from './world-plan.ts';

const SLOTS = 20;
const JOBS = 2_000;
const accounts: readonly PlannedAccount[] = [
  { id: 'acc_one', weight: 1 },
  { id: 'acc_other', weight: 1 },
  { id: 'acc_heavy', weight: 2 },
];
/** By then the gate has found out where the limit went. */
const SETTLED_MS = 5 * 60_000;
const MODEL = 'acme/sketch/text-to-image';

interface LimitMove {
  readonly atMs: number;
  readonly slots: number;
}

interface LimitOptions {
  readonly seed: number;
  /** Configured, the gate starts at the limit and goes no further; unknown, it starts at 2 and learns. */
  readonly isTold: boolean;
  /** Share of the submits that Get3W refuses with 429 though it has room; none by default. */
  readonly limitedShare?: number;
  /** Where Get3W's limit goes after a while; it stays by default. */
  readonly move?: LimitMove;
  /** From the end of a task at Get3W to the POST of the next, about. */
  readonly handOverMs: number;
}

export interface LimitReport {
  readonly problems: readonly string[];
  readonly jobs: number;
  readonly completed: number;
  /** Makespan over the work-conserving bound: all time that tasks took, over the slots. */
  readonly overBound: number;
  readonly limitedShare: number;
  readonly limited: number;
  readonly posts: number;
  readonly runningMax: number;
  /** Share of the slots' time that each account had while all three had work, over what its weight says. */
  readonly fairness: Readonly<Record<string, number>>;
  /** The one of those that is furthest from 1. */
  readonly furthestShare: number;
  /** Median of the time that a slot of Get3W was idle between two tasks while a task waited for it. */
  readonly handOverMs: number;
  /** Slots that the gate gave in the end. */
  readonly limitAtEnd: number;
  /** 429s and submits from five minutes after the move on; none without a move. */
  readonly limitedAfterMove: number;
  readonly postsAfterMove: number;
}

/** Calls one after another from a webhook to the next POST, and what webhook and queue take besides. */
const CALLS_PER_HAND_OVER = 12;
const AROUND_CALLS_MS = 60;

function limitPlan({ seed, isTold, handOverMs, limitedShare = 0 }: LimitOptions): WorldPlan {
  const callMs = Math.max(1, (handOverMs - AROUND_CALLS_MS) / CALLS_PER_HAND_OVER);
  const jobs = Array.from({ length: JOBS }, (_, index): PlannedJob => {
    // A quarter, a quarter and a half, in one order: then all three have work until nearly the end.
    const accountId = ['acc_one', 'acc_heavy', 'acc_other', 'acc_heavy'][index % 4] ?? 'acc_one';
    return { at: 0, accountId, model: MODEL, prioritySeconds: 0, hasKey: false, retries: 0 };
  });
  const limits = isTold ? { limitStart: SLOTS, limitMax: SLOTS } : { limitStart: 2 };
  return {
    seed,
    settings: { ...defaultSettings, gate: { ...defaultSettings.gate, ...limits } },
    prices: noPrices,
    get3w: {
      slots: SLOTS,
      durationMeanMs: 30_000,
      durationSigma: 0.5,
      limitedShare,
      transientShare: 0.1,
      transientCodes: [5003],
      fatalShare: 0,
      endlessShare: 0,
      spells: [],
    },
    accounts,
    jobs,
    rates: noFaults,
    outages: [],
    operatorPauses: [],
    clockSkewMs: 0,
    callMs: [callMs * 0.5, callMs * 1.5],
    concurrency: 10,
    batchMessagesMax: 10,
    faultsUntil: 0,
    endsBy: 24 * 3_600_000,
  };
}

export async function playLimitWorld(options: LimitOptions): Promise<LimitReport> {
  const world = new World(limitPlan(options));
  const meter = new Meter();
  const { get3w, auditor } = world;
  const { move } = options;
  let atMove = { limited: 0, posts: 0 };
  const { problems } = await world.play({
    watch: (watched, elapsedMs) => {
      meter.look(watched, elapsedMs);
      if (!move) return;
      if (elapsedMs >= move.atMs) get3w.slots = move.slots;
      if (elapsedMs <= move.atMs + SETTLED_MS) atMove = { limited: get3w.limited, posts: get3w.posts };
    },
  });
  const fairness = meter.fairness();
  const tasks = [...auditor.tasks.values()];
  const makespanMs =
    Math.max(...get3w.entries.map(({ endedAt }) => endedAt ?? 0)) -
    Math.min(...get3w.entries.map(({ acceptedAt }) => acceptedAt));
  return {
    problems,
    jobs: tasks.length,
    completed: tasks.filter(({ status }) => status === 'completed').length,
    overBound: makespanMs / (get3w.busyMs / SLOTS),
    limitedShare: get3w.limited / get3w.posts,
    limited: get3w.limited,
    posts: get3w.posts,
    runningMax: get3w.runningMax,
    fairness,
    furthestShare: Object.values(fairness).reduce((worst, share) => (isFurther(share, worst) ? share : worst), 1),
    handOverMs: median(meter.handOversMs),
    limitAtEnd: auditor.gate?.gate.limit.slots ?? 0,
    limitedAfterMove: move ? get3w.limited - atMove.limited : 0,
    postsAfterMove: move ? get3w.posts - atMove.posts : 0,
  };
}

function isFurther(share: number, worst: number): boolean {
  return Math.abs(share - 1) > Math.abs(worst - 1);
}

/** The loop without a relay, in the same world. */
export function playNaiveLimitWorld(seed: number): NaiveReport {
  return playNaiveClient(limitPlan({ seed, isTold: false, handOverMs: 0 }));
}

/** Slot time by account while every account has work, and time that slots were idle though a task waited. */
class Meter {
  readonly #held = new Map<string, number>();
  /** When the slots came free that are free now, the first one first. */
  readonly #freedAt: number[] = [];
  #lastMs = 0;
  #running = 0;
  readonly handOversMs: number[] = [];

  look({ auditor, get3w }: World, elapsedMs: number): void {
    const tookMs = elapsedMs - this.#lastMs;
    this.#lastMs = elapsedMs;
    const waiting = accounts.filter(({ id }) => auditor.ticketsOf(id) > 0);
    for (; this.#running > get3w.running; this.#running -= 1) this.#freedAt.push(elapsedMs);
    for (; this.#running < get3w.running; this.#running += 1) {
      const freedAt = this.#freedAt.shift();
      if (freedAt !== undefined && waiting.length > 0) this.handOversMs.push(elapsedMs - freedAt);
    }
    if (waiting.length < accounts.length) return;
    for (const { id } of accounts) this.#held.set(id, (this.#held.get(id) ?? 0) + tookMs * auditor.slotsOf(id));
  }

  fairness(): Record<string, number> {
    const total = [...this.#held.values()].reduce((sum, held) => sum + held, 0);
    const weights = accounts.reduce((sum, { weight }) => sum + weight, 0);
    return Object.fromEntries(
      accounts.map(({ id, weight }) => [id, (this.#held.get(id) ?? 0) / total / (weight / weights)]),
    );
  }
}
