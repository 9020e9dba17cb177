// What a load world is made of: how many tasks come, what Get3W lets run, how many copies of each function there may
// be, and how strict the table's physics are. Plans are data; load-world.ts plays them.
import { capacityOf } from '../../core/domain/capacity.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
import type { Queue } from '../../core/contract/messages.ts';

export interface LoadPlan {
  readonly seed: number;
  readonly settings: RelaySettings;
  /** Tasks that Get3W lets run at once. */
  readonly slots: number;
  /** Mean time of a task at Get3W after its POST, log-normal. */
  readonly workMs: number;
  /** Mean time of a POST, log-normal; Get3W counts the task from its beginning. */
  readonly postMs: number;
  /** Until then Get3W calls nobody back, and then for all that have ended within a second. */
  readonly withheldUntilMs?: number;
  /** Submits a second, Poisson. */
  readonly submitsPerSecond: number;
  /** When clients stop submitting, and when the world ends. */
  readonly submitsForMs: number;
  readonly endsAtMs: number;
  /** Before this nothing is measured. */
  readonly warmMs: number;
  readonly accounts: number;
  /** Share of the submits that are the first account's; the others share the rest. All alike where it is absent. */
  readonly greedyShare?: number;
  /** When the first account stops to submit; the others go on. */
  readonly greedyUntilMs?: number;
  readonly models: number;
  /** Models besides, of which nothing is asked any more, that have failed lately: each has a row at the gate. */
  readonly failedModels?: number;
  readonly lockMs: number;
  /** Copies of a function that its queue may keep busy. */
  readonly copies: Readonly<Record<Queue, number>>;
  readonly client: ClientPlan;
  /** Share of the attempts that end with 5003. */
  readonly transientShare: number;
  readonly sweeps: boolean;
  /** The function that holds the turn to grant slots then is killed, or frozen for a while. */
  readonly holderFails?: HolderFailure;
}

export interface HolderFailure {
  /** Since the world began: the next function that takes the turn. */
  readonly atMs: number;
  /** How long it is frozen; absent where it is killed. */
  readonly frozenMs?: number;
}

/** How clients ask. */
interface ClientPlan {
  readonly inputBytes: number;
  /** Whether the task's end is called back to its client. */
  readonly hasWebhook: boolean;
  readonly hasKey: boolean;
  readonly isSync: boolean;
  /** Times that a client asks for its task, a second apart. */
  readonly polls: number;
  /** Accounts with a balance and a budget. */
  readonly isMetered: boolean;
  /** Length of the one output of each task, which is to be kept; absent where the tasks keep none. */
  readonly keptBytes?: number;
}

export const plainClient: ClientPlan = {
  inputBytes: 300,
  hasWebhook: true,
  hasKey: false,
  isSync: false,
  polls: 0,
  isMetered: false,
};

interface SaturatedOptions {
  readonly seed: number;
  /** Tasks a second that Get3W's slots can do. */
  readonly tasksPerSecond: number;
  /** Submits over that capacity. */
  readonly load: number;
  readonly workMs: number;
  readonly lockMs?: number;
  readonly copies?: number;
  readonly windowMs?: number;
}

const POST_MS = 500;

/** A configured limit, and more or less work than it allows. */
export function loadOf(options: SaturatedOptions): LoadPlan {
  const { seed, tasksPerSecond, load, workMs, lockMs = 5, copies = 10, windowMs = 30_000 } = options;
  const slots = Math.round((tasksPerSecond * (workMs + POST_MS)) / 1_000);
  const warmMs = 2 * workMs;
  return {
    seed,
    settings: { ...defaultSettings, gate: { ...defaultSettings.gate, limitStart: slots, limitMax: slots } },
    slots,
    workMs,
    postMs: POST_MS,
    submitsPerSecond: tasksPerSecond * load,
    submitsForMs: warmMs + windowMs,
    endsAtMs: warmMs + windowMs,
    warmMs,
    accounts: 20,
    models: 5,
    lockMs,
    copies: {
      dispatch: copies,
      // No more than the stack sets: with many, each end has a run of its own, and none go together.
      settle: Math.min(copies, capacityOf(tasksPerSecond).runs.settle),
      deliver: copies,
      keep: 1,
      jobs: 4,
    },
    client: { ...plainClient, hasWebhook: false },
    transientShare: 0,
    sweeps: true,
  };
}

/** So many callbacks in one second, of tasks that all found a slot. */
export function burstOf(callbacks: number): LoadPlan & { readonly withheldUntilMs: number } {
  const plan = loadOf({ seed: 1, tasksPerSecond: callbacks, load: 1, workMs: 1_000 });
  const gate = { ...plan.settings.gate, limitStart: 2 * callbacks, limitMax: 2 * callbacks };
  return {
    ...plan,
    settings: { ...plan.settings, gate },
    slots: 2 * callbacks,
    submitsPerSecond: callbacks / 8,
    submitsForMs: 8_000,
    withheldUntilMs: 15_000,
    warmMs: 0,
    endsAtMs: 60_000,
    sweeps: false,
    copies: { dispatch: 40, settle: 10, deliver: 10, keep: 1, jobs: 4 },
  };
}

/** So many submits in one second, for each of which there is a slot. */
export function submitBurstOf(submits: number): LoadPlan {
  const plan = loadOf({ seed: 1, tasksPerSecond: submits, load: 1, workMs: 5_000 });
  const gate = { ...plan.settings.gate, limitStart: 2 * submits, limitMax: 2 * submits };
  return {
    ...plan,
    settings: { ...plan.settings, gate },
    slots: 2 * submits,
    submitsForMs: 1_000,
    warmMs: 0,
    endsAtMs: 60_000,
    sweeps: false,
    copies: { dispatch: 250, settle: 100, deliver: 40, keep: 1, jobs: 4 },
  };
}
