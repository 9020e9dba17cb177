// The simulated provider at work: takes tasks in, ends them when their time has come, calls webhooks, keeps the ledger.
// Every change is journaled before it is told. It knows nothing of HTTP (provider-api.ts, control-api.ts) nor of where
// timers and files come from (simulator-ports.ts).
import { createHmac } from 'node:crypto';
import { describeTask, finishAtMs } from './simulated-task.ts';
import { changeSettings, defaultSettings } from './simulator-settings.ts';
import { applyEntry, newState } from './simulator-state.ts';
import type { AttemptPlan } from './attempt-plan.ts';
import type { SimulatedTask } from './simulated-task.ts';
import type { Due, SimulatorPorts } from './simulator-ports.ts';
import type { SettingsChange, SimulatorSettings } from './simulator-settings.ts';
import type { JournalEntry, ScriptPlace, SimulatorState, TaskCounts } from './simulator-state.ts';

export interface EngineOptions {
  /** Laid over the defaults; what clients change later lies over both, and outlives a restart. */
  readonly settings?: SettingsChange;
  /** Base of output URLs, without a slash at the end; without it the `Host` of the submit counts. */
  readonly publicUrl?: string | undefined;
}

export interface Ledger extends TaskCounts {
  readonly running: number;
  readonly maxRunning: number;
  readonly tasks: Readonly<Record<string, TaskCounts>>;
}

export interface NewTask {
  readonly model: string;
  readonly requestId: string | null;
  readonly webhookUrl: string | null;
  readonly baseUrl: string;
  readonly aspectRatio: string | null;
}

export class SimulatorEngine {
  readonly ports: SimulatorPorts;
  readonly publicUrl: string | null;
  readonly #base: SimulatorSettings;
  readonly #state: SimulatorState = newState();
  /** Webhook calls on their way, so that a doubled timer does not make a doubled call. */
  readonly #calling = new Map<string, Promise<void>>();

  constructor(ports: SimulatorPorts, options: EngineOptions = {}) {
    this.ports = ports;
    this.publicUrl = options.publicUrl ?? null;
    this.#base = changeSettings(defaultSettings, options.settings ?? {});
  }

  /** Replays the journal and takes up what was running when it ended. To be called once, before anything else. */
  async open(): Promise<void> {
    for (const entry of await this.ports.journal.load()) applyEntry(this.#state, entry);
    // The account's balance lives in the journal: a restart must not fill it up again.
    if (this.#state.balance === undefined) await this.#commit({ type: 'balance-set', balance: this.#base.balance });
    for (const task of this.#state.tasks.values()) {
      if (task.endedAtMs === null) this.#scheduleFinish(task);
      else this.#scheduleCalls(task, task.endedAtMs);
    }
  }

  settings(): SimulatorSettings {
    return { ...changeSettings(this.#base, this.#state.change), balance: this.balance() };
  }

  balance(): number | null {
    return this.#state.balance === undefined ? this.#base.balance : this.#state.balance;
  }

  running(): number {
    return this.#state.running;
  }

  task(id: string): SimulatedTask | undefined {
    return this.#state.tasks.get(id);
  }

  tasks(): IterableIterator<SimulatedTask> {
    return this.#state.tasks.values();
  }

  /** Attempts so far of a scripted job. */
  attempts(key: string): number {
    return this.#state.scripts.get(key) ?? 0;
  }

  ledger(): Ledger {
    const { total, running, maxRunning, byRequest } = this.#state;
    return { ...total, running, maxRunning, tasks: Object.fromEntries(byRequest) };
  }

  /** Applies a checked change; the balance is kept apart, because tasks change it too. */
  async changeSettings(change: SettingsChange): Promise<void> {
    const { balance, ...rest } = change;
    if (Object.keys(rest).length > 0) await this.#commit({ type: 'settings-changed', change: rest });
    if (balance !== undefined) await this.#commit({ type: 'balance-set', balance });
  }

  /** Forgets every task, count and change of settings; timers of forgotten tasks come to nothing. */
  async reset(): Promise<void> {
    await this.#commit({ type: 'reset', balance: this.#base.balance });
  }

  /** Notes an attempt of a script that made no task. */
  async noteAttempt(script: ScriptPlace): Promise<void> {
    await this.#commit({ type: 'attempted', script });
  }

  /**
   * Makes and charges a task, and arranges its end. Resolves when it is journaled, or, when the plan is `early`, after
   * its first webhook call.
   */
  async accept(
    input: NewTask,
    plan: Extract<AttemptPlan, { kind: 'made' }>,
    script: ScriptPlace | null,
  ): Promise<SimulatedTask> {
    const { now, newId } = this.ports;
    // Early means that the webhook overtakes the answer: without one, or with one that is lost, nothing does.
    const early = plan.task.early && input.webhookUrl !== null && plan.task.callDelaysMs.length > 0;
    const task: SimulatedTask = {
      ...input,
      id: newId(),
      createdAtMs: now(),
      plan: early ? { ...plan.task, durationMs: 0 } : plan.task,
      endedAtMs: null,
      calls: {},
    };
    await this.#commit({ type: 'accepted', task, script });
    if (!early) {
      this.#scheduleFinish(task);
      return task;
    }
    await this.#finish(task.id);
    await this.#call(task.id, 0);
    return task;
  }

  /** Does what a timer was set for, if it is still to be done; sets the timer anew when it came too early. */
  async perform(due: Due): Promise<void> {
    if (due.kind === 'call') return this.#call(due.taskId, due.call);
    const task = this.#state.tasks.get(due.taskId);
    if (task === undefined || task.endedAtMs !== null) return;
    if (!(await this.finishIfDue(task.id))) this.#scheduleFinish(task);
  }

  /** Ends a task whose time has come, should its timer be late. Tells whether the task has ended. */
  async finishIfDue(id: string): Promise<boolean> {
    const task = this.#state.tasks.get(id);
    if (task === undefined) return false;
    if (task.endedAtMs !== null) return true;
    const dueAtMs = finishAtMs(task);
    if (dueAtMs === null || this.ports.now() < dueAtMs) return false;
    await this.#finish(id);
    return true;
  }

  async #finish(id: string): Promise<void> {
    const atMs = this.ports.now();
    await this.#commit({ type: 'ended', id, atMs });
    const task = this.#state.tasks.get(id);
    if (task !== undefined) this.#scheduleCalls(task, atMs);
  }

  async #call(id: string, call: number): Promise<void> {
    const key = `${id} ${call}`;
    const underWay = this.#calling.get(key);
    // Whoever asks again waits for the same call, so that an early webhook is over before its answer in any case.
    if (underWay !== undefined) return underWay;
    const task = this.#state.tasks.get(id);
    if (task === undefined || task.webhookUrl === null || task.endedAtMs === null || call in task.calls) return;
    const calling = this.#makeCall(task, task.webhookUrl, call).finally(() => this.#calling.delete(key));
    this.#calling.set(key, calling);
    return calling;
  }

  async #makeCall(task: SimulatedTask, url: string, call: number): Promise<void> {
    const bodyText = JSON.stringify(describeTask(task, this.ports.now(), this.publicUrl));
    const { secret } = this.settings().webhook;
    const signature = secret === null ? null : createHmac('sha256', secret).update(bodyText).digest('hex');
    const result = await this.ports.callWebhook(url, bodyText, signature ? { 'x-get3w-signature': signature } : {});
    // Noted after the call, not before: a process that dies in between calls twice rather than never.
    await this.#commit({ type: 'called', id: task.id, call, atMs: this.ports.now(), result });
  }

  #scheduleFinish(task: SimulatedTask): void {
    const dueAtMs = finishAtMs(task);
    if (dueAtMs === null) return;
    this.ports.schedule(Math.max(0, dueAtMs - this.ports.now()), { kind: 'finish', taskId: task.id });
  }

  #scheduleCalls(task: SimulatedTask, endedAtMs: number): void {
    if (task.webhookUrl === null) return;
    for (const [call, delayMs] of task.plan.callDelaysMs.entries()) {
      if (call in task.calls) continue;
      const inMs = Math.max(0, endedAtMs + delayMs - this.ports.now());
      this.ports.schedule(inMs, { kind: 'call', taskId: task.id, call });
    }
  }

  async #commit(entry: JournalEntry): Promise<void> {
    // Written, then applied, in one turn of the event loop: checks made just before still hold, and a journal that
    // throws leaves the state as it was.
    const written = this.ports.journal.append(entry);
    applyEntry(this.#state, entry);
    await written;
  }
}
