// The simulated provider's memory as one value, and the only ways it can change: entries, each of which is written to
// the journal before it is applied. Replaying the entries gives the same state again; recovery needs nothing else.
import { isRefunded } from './simulator-errors.ts';
import { joinChanges } from './simulator-settings.ts';
import type { SimulatedTask, WebhookResult } from './simulated-task.ts';
import type { SettingsChange } from './simulator-settings.ts';

/** The position in a script: after `count` attempts of the job `key`. A count of 0 forgets the job. */
export interface ScriptPlace {
  readonly key: string;
  readonly count: number;
}

/** One change. A task's plan holds what it will do, so an entry only records that something happened, never decides. */
export type JournalEntry =
  | { readonly type: 'accepted'; readonly task: SimulatedTask; readonly script: ScriptPlace | null }
  | { readonly type: 'attempted'; readonly script: ScriptPlace }
  | { readonly type: 'ended'; readonly id: string; readonly atMs: number }
  | {
      readonly type: 'called';
      readonly id: string;
      readonly call: number;
      readonly atMs: number;
      readonly result: WebhookResult;
    }
  | { readonly type: 'settings-changed'; readonly change: SettingsChange }
  | { readonly type: 'balance-set'; readonly balance: number | null }
  | { readonly type: 'reset'; readonly balance: number | null }
  /** Start a compacted journal, replacing everything before: the counts of tasks, then the tasks, not counted again. */
  | { readonly type: 'counts-restored'; readonly counts: RestoredCounts }
  | { readonly type: 'task-restored'; readonly task: SimulatedTask };

/** One line of the ledger. Charged is gross: a client paid charged less refunded. */
export interface TaskCounts {
  accepted: number;
  charged: number;
  refunded: number;
}

/** What cannot be recounted from the tasks alone: a task does not show, for example, how many ran beside it. */
interface RestoredCounts {
  readonly total: TaskCounts;
  readonly maxRunning: number;
  readonly balance?: number | null | undefined;
  readonly change: SettingsChange;
  readonly byRequest: readonly (readonly [string, TaskCounts])[];
  readonly scripts: readonly (readonly [string, number])[];
}

export interface SimulatorState {
  readonly tasks: Map<string, SimulatedTask>;
  readonly total: TaskCounts;
  readonly byRequest: Map<string, TaskCounts>;
  running: number;
  maxRunning: number;
  /** Credits left; null is unlimited; undefined until the account has been opened. */
  balance: number | null | undefined;
  /** All changes of settings so far, as one. */
  change: SettingsChange;
  /** Attempts so far, by job; see ScriptPlace. */
  readonly scripts: Map<string, number>;
}

export function newState(): SimulatorState {
  return {
    tasks: new Map(),
    total: noCounts(),
    byRequest: new Map(),
    running: 0,
    maxRunning: 0,
    balance: undefined,
    change: {},
    scripts: new Map(),
  };
}

/** Applies one entry. An entry about a task that is gone (the simulator was reset) changes nothing. */
export function applyEntry(state: SimulatorState, entry: JournalEntry): void {
  switch (entry.type) {
    case 'accepted':
      applyAccepted(state, entry.task);
      if (entry.script !== null) applyScript(state, entry.script);
      return;
    case 'attempted':
      return applyScript(state, entry.script);
    case 'ended':
      return applyEnded(state, entry.id, entry.atMs);
    case 'called':
      return applyCalled(state, entry);
    case 'settings-changed':
      state.change = joinChanges(state.change, entry.change);
      return;
    case 'balance-set':
      state.balance = entry.balance;
      return;
    case 'reset':
      clear(state);
      state.balance = entry.balance;
      return;
    case 'task-restored':
      // Counted already, in counts-restored; only the task itself shows that it runs.
      state.tasks.set(entry.task.id, entry.task);
      if (entry.task.endedAtMs === null) state.running += 1;
      return;
    case 'counts-restored':
      return applyRestored(state, entry.counts);
  }
}

function clear(state: SimulatorState): void {
  Object.assign(state.total, noCounts());
  Object.assign(state, { running: 0, maxRunning: 0, balance: undefined, change: {} });
  for (const map of [state.tasks, state.byRequest, state.scripts]) map.clear();
}

/** The shortest journal that leads to the same state. */
export function* compactEntries(state: SimulatorState): Generator<JournalEntry> {
  yield {
    type: 'counts-restored',
    counts: {
      total: { ...state.total },
      maxRunning: state.maxRunning,
      balance: state.balance,
      change: state.change,
      byRequest: [...state.byRequest].map(([requestId, counts]) => [requestId, { ...counts }] as const),
      scripts: [...state.scripts],
    },
  };
  for (const task of state.tasks.values()) yield { type: 'task-restored', task };
}

/** Get3W charges when it accepts, not when it delivers. */
function applyAccepted(state: SimulatorState, task: SimulatedTask): void {
  state.tasks.set(task.id, task);
  for (const counts of countsOf(state, task)) {
    counts.accepted += 1;
    counts.charged += 1;
  }
  if (typeof state.balance === 'number') state.balance -= 1;
  state.running += 1;
  state.maxRunning = Math.max(state.maxRunning, state.running);
}

function applyEnded(state: SimulatorState, id: string, atMs: number): void {
  const task = state.tasks.get(id);
  // Ending twice must not refund twice.
  if (task === undefined || task.endedAtMs !== null) return;
  state.tasks.set(id, { ...task, endedAtMs: atMs });
  state.running -= 1;
  if (!isRefunded(task.plan.code)) return;
  for (const counts of countsOf(state, task)) counts.refunded += 1;
  if (typeof state.balance === 'number') state.balance += 1;
}

function applyCalled(state: SimulatorState, entry: Extract<JournalEntry, { type: 'called' }>): void {
  const task = state.tasks.get(entry.id);
  if (task === undefined) return;
  const calls = { ...task.calls, [entry.call]: { ...entry.result, atMs: entry.atMs } };
  state.tasks.set(entry.id, { ...task, calls });
}

function applyScript(state: SimulatorState, { key, count }: ScriptPlace): void {
  if (count === 0) state.scripts.delete(key);
  else state.scripts.set(key, count);
}

function applyRestored(state: SimulatorState, counts: RestoredCounts): void {
  clear(state);
  Object.assign(state.total, counts.total);
  Object.assign(state, { maxRunning: counts.maxRunning, balance: counts.balance, change: counts.change });
  for (const [requestId, of] of counts.byRequest) state.byRequest.set(requestId, { ...of });
  for (const [key, count] of counts.scripts) state.scripts.set(key, count);
}

/** The ledger lines that a task counts in: the total, and that of its request if it named one. */
function countsOf(state: SimulatorState, task: SimulatedTask): TaskCounts[] {
  if (task.requestId === null) return [state.total];
  let ofRequest = state.byRequest.get(task.requestId);
  if (ofRequest === undefined) {
    ofRequest = noCounts();
    state.byRequest.set(task.requestId, ofRequest);
  }
  return [state.total, ofRequest];
}

function noCounts(): TaskCounts {
  return { accepted: 0, charged: 0, refunded: 0 };
}
