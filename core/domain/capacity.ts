// What a relay needs for a load in tasks a second, the one number that a deployment names: throttles, copies of
// functions and their memory, the table's warm throughput. Calculated from documented quotas and measured units; the stack deploys these
// numbers, and doctor compares them with the account's quotas.
export const TASKS_PER_SECOND_DEFAULT = 10;
export const TASKS_PER_SECOND_MAX = 2_000;

type Queue = 'dispatch' | 'settle' | 'deliver' | 'keep';

export interface Capacity {
  /** Requests a second that each route accepts, and the burst above that. */
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Copies of each queue's function. */
  readonly runs: Readonly<Record<Queue, number>>;
  /** Functions that then run at once, including the API's. */
  readonly executions: number;
  /** Write and read units a second that the table must serve. */
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** Submit, callback and the clients' reads in between; the busiest route has fewer. */
const REQUESTS_PER_TASK = 3;
/** API Gateway's burst limit for an account, which AWS does not raise. */
const BURST_MAX = 5_000;
/**
 * Seconds of a function that a task takes: a POST of half a second and its writes; an end that the queue brings; a webhook; a few
 * megabytes, where its outputs are kept. Ends come to the queue in a rush, and go together only where few copies fetch them:
 * with 0.1 each end would have a run of its own.
 */
const secondsOf = { dispatch: 0.75, settle: 0.03, deliver: 0.3, keep: 1 } as const satisfies Record<Queue, number>;
/** A poll, where Get3W is not asked to call back: each task's end is found by one. */
const POLL_SECONDS = 0.1;
const RUNS_MIN = 10;
/** Lambda's limit for an event source. */
const RUNS_MAX = 1_000;
/** Measured by `npm run bench:cost`, plus half for uneven load. */
const WRITE_UNITS_PER_TASK = 22 * 1.5;
const READ_UNITS_PER_TASK = 26 * 1.5;

/** Lambda gives a whole processor with so much memory, and a share of it with less. */
export const PROCESSOR_MB = 1_769;

const MEMORY_MB = 512;
/**
 * Functions that wait for most of their time, for Get3W or for a receiver, and are paid for while they do. With less
 * memory they compute more slowly: 13 ms of a processor take 91 ms in place of 45 (docs/cost.md).
 */
const memoryOfWaiting: Readonly<Record<string, number>> = { dispatch: 256, deliver: 256 };

/** Memory in MB of a stage's function. */
export function memoryMbOf(stage: string): number {
  return memoryOfWaiting[stage] ?? MEMORY_MB;
}

/** @param isCalledBack whether Get3W calls back when a task ends. */
export function capacityOf(tasksPerSecond: number, isCalledBack: boolean = true): Capacity {
  const seconds = { ...secondsOf, ...(!isCalledBack && { settle: POLL_SECONDS }) };
  const runsOf = (queue: Queue): number =>
    Math.min(RUNS_MAX, Math.max(RUNS_MIN, Math.ceil(tasksPerSecond * seconds[queue])));
  const runs = {
    dispatch: runsOf('dispatch'),
    settle: runsOf('settle'),
    deliver: runsOf('deliver'),
    keep: runsOf('keep'),
  };
  const ratePerSecond = Math.max(100, Math.ceil(tasksPerSecond * REQUESTS_PER_TASK));
  return {
    ratePerSecond,
    burst: Math.min(BURST_MAX, Math.max(200, Math.ceil(tasksPerSecond * 15))),
    runs,
    // As many again for the API. Those of keep come on top where tasks keep their outputs.
    executions: 2 * (runs.dispatch + runs.settle + runs.deliver),
    writeUnits: Math.ceil(tasksPerSecond * WRITE_UNITS_PER_TASK),
    readUnits: Math.ceil(tasksPerSecond * READ_UNITS_PER_TASK),
  };
}
