// The rows of `npm run simulate:load -- --table`: what the relay must be able to carry, with the figure that each row
// must reach. Bounds are those that the relay is built for, not what it was last seen to do; a row that misses one
// is printed as missed.
import { burstOf, loadOf, submitBurstOf } from './load-plan.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadReport } from './load-world.ts';

/** A figure of a report with its bound. */
interface Bound {
  readonly name: string;
  readonly unit: '%' | 'ms' | '';
  readonly of: (figures: LoadReport) => number;
  readonly least?: number;
  readonly most?: number;
}

export interface LoadRow {
  readonly name: string;
  readonly plan: LoadPlan;
  readonly bounds: readonly Bound[];
  /** Another row, from which `capacity lost` is counted. */
  readonly against?: string;
  /** Seconds of all slots' time that may be lost against that row. */
  readonly lostSecondsMost?: number;
}

function least(name: string, of: Bound['of'], least: number): Bound {
  return { name, unit: '%', of, least };
}

function most(name: string, of: Bound['of'], most: number, unit: Bound['unit'] = 'ms'): Bound {
  return { name, unit, of, most };
}

function busy(share: number): Bound {
  return least('slots busy', ({ busyShare }) => 100 * busyShare, share);
}

function handOverP50(ms: number): Bound {
  return most('hand-over p50', ({ handOverMs }) => handOverMs.p50, ms);
}

function handOverP99(ms: number): Bound {
  return most('hand-over p99', ({ handOverMs }) => handOverMs.p99, ms);
}

function recordedP99(ms: number): Bound {
  return most('end to recorded p99', ({ recordedMs }) => recordedMs.p99, ms);
}

function submitToPostP99(ms: number): Bound {
  return most('submit to POST p99', ({ submitToPostMs }) => submitToPostMs.p99, ms);
}

function conflicts(each: number): Bound {
  return most('conflicts a task', ({ conflictsPerTask }) => conflictsPerTask, each, '');
}

function resumed(ms: number): Bound {
  return most('no POST for', ({ idleMs }) => idleMs, ms);
}

const noErrors = most('5xx', ({ refused, callbacksFailed }) => refused + callbacksFailed, 0, '');
const notTwice = most('posted twice', ({ postedTwice }) => postedTwice, 0, '');

const saturated = { seed: 1, load: 1.5, workMs: 30_000, windowMs: 20_000 } as const;

/** Tasks that one account may have at Get3W while all wait, if its share is one of twenty. */
const GREEDY_SHARE = 0.7;

const callbacks = burstOf(3_330);
const usual = loadOf({ ...saturated, workMs: 5_000, tasksPerSecond: 333, copies: 250 });
const USUAL = '333/s saturated, 5 s tasks';

export const loadRows: readonly LoadRow[] = [
  ...[10, 50, 100].map((rate): LoadRow => ({
    name: `${rate}/s saturated, 30 s tasks`,
    plan: loadOf({ ...saturated, tasksPerSecond: rate, copies: 75 }),
    bounds: [busy(98.5), handOverP99(300), noErrors, notTwice],
  })),
  {
    name: '333/s saturated, 30 s tasks',
    plan: loadOf({ ...saturated, tasksPerSecond: 333, copies: 250 }),
    bounds: [busy(98.5), handOverP50(200), handOverP99(350), recordedP99(250), conflicts(0.1), noErrors, notTwice],
  },
  {
    name: USUAL,
    plan: usual,
    bounds: [busy(95), handOverP50(200), handOverP99(350), recordedP99(250), noErrors, notTwice],
  },
  {
    name: '333/s saturated, 5 s tasks, locks of 12 ms',
    plan: loadOf({ ...saturated, workMs: 5_000, tasksPerSecond: 333, copies: 250, lockMs: 12 }),
    bounds: [busy(95), handOverP99(500), noErrors, notTwice],
  },
  {
    name: '333/s at 80 % load, 5 s tasks',
    plan: loadOf({ ...saturated, load: 0.8, workMs: 5_000, tasksPerSecond: 333, copies: 250 }),
    bounds: [submitToPostP99(350), noErrors, notTwice],
  },
  {
    name: '1,000/s saturated, 5 s tasks',
    plan: loadOf({ ...saturated, workMs: 5_000, tasksPerSecond: 1_000, copies: 750, windowMs: 10_000 }),
    bounds: [busy(97), handOverP99(500), noErrors, notTwice],
  },
  {
    name: '333/s saturated, 5 s tasks, 1,000 accounts of 5 models',
    plan: { ...usual, accounts: 1_000 },
    bounds: [busy(95), handOverP99(385), recordedP99(275), noErrors, notTwice],
  },
  {
    name: '333/s saturated, 5 s tasks, one in twenty fails, 5,000 other models have failed',
    plan: { ...usual, failedModels: 5_000, transientShare: 0.05 },
    bounds: [busy(95), handOverP99(385), recordedP99(275), noErrors, notTwice],
  },
  {
    name: 'one account of twenty has 70 % of the load, all wait',
    plan: {
      // Nineteen others share 30 % of three times what the slots can do: each of them waits too.
      ...loadOf({ ...saturated, load: 3.5, workMs: 5_000, tasksPerSecond: 50, copies: 75, windowMs: 30_000 }),
      greedyShare: GREEDY_SHARE,
    },
    bounds: [
      most('slots of the greedy account', ({ firstAccountShare }) => 100 * firstAccountShare, 6, '%'),
      noErrors,
      notTwice,
    ],
  },
  {
    name: 'the holder of the turn is killed, 333/s saturated, 5 s tasks',
    plan: { ...usual, holderFails: { atMs: 15_000 } },
    bounds: [resumed(4_000), noErrors, notTwice],
    against: USUAL,
    lostSecondsMost: 0.4,
  },
  {
    name: 'the holder of the turn is frozen for 10 s, 333/s saturated, 5 s tasks',
    plan: { ...usual, holderFails: { atMs: 15_000, frozenMs: 10_000 } },
    bounds: [resumed(4_000), noErrors, notTwice],
    against: USUAL,
    lostSecondsMost: 1.2,
  },
  {
    name: '5,000 submits in a second',
    plan: submitBurstOf(5_000),
    bounds: [most('last POST after', ({ lastPostedMs }) => lastPostedMs, 5_000), noErrors, notTwice],
  },
  {
    name: '3,330 callbacks in a second',
    plan: callbacks,
    bounds: [
      most('last recorded after', ({ lastRecordedMs }) => lastRecordedMs - callbacks.withheldUntilMs, 5_000),
      noErrors,
      notTwice,
    ],
  },
];
