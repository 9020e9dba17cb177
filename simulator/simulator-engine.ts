// The simulated provider at work: accepts tasks, ends them when their time has come, calls webhooks, keeps the ledger.
// Every change is journaled before it is reported, and decided again when another process has written meanwhile.
// provider-api.ts and control-api.ts handle HTTP; simulator-ports.ts provides timers and files.
import { createHmac } from 'node:crypto';
import { describeTask, finishAtMs } from './simulated-task.ts';
import { changeSettings, defaultSettings } from './simulator-settings.ts';
import { applyEntry, newState } from './simulator-state.ts';
import type { AttemptPlan, TaskPlan } from './attempt-plan.ts';
import type { SimulatedTask } from './simulated-task.ts';
import type { Due, SimulatorPorts } from './simulator-ports.ts';
import type { SettingsChange, SimulatorSettings } from './simulator-settings.ts';
import type { JournalEntry, ScriptPlace, SimulatorState, TaskCounts } from './simulator-state.ts';

export interface EngineOptions {
  /** Applied over the defaults; later changes by clients override both, and survive a restart. */
  readonly settings?: SettingsChange;
  /** Base of output URLs, without a slash at the end; without it the `Host` of the submit is used. */
  readonly publicUrl?: string | undefined;
  /**
   * If timers outlive the process: how long something is overdue before its timer counts as lost and is set again.
   * @default 0: timers die with the process, and its successor sets them all.
   */
  readonly timerLostAfterMs?: number | undefined;
}

interface Ledger extends TaskCounts {
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

/** What a submit will do: decided on the current state, maybe more than once. */
export interface SubmitDecision {
  readonly plan: AttemptPlan;
  /** Recorded even if no task is created. */
  readonly script: ScriptPlace | null;
}

/** Its result; a task if one was planned. */
interface Submitted {
  readonly plan: AttemptPlan;
  readonly task: SimulatedTask | null;
}

/** A writer that loses this often in a row does not lose by chance. */
const APPENDS_MAX = 50;
const APPEND_PAUSE_MS = 5;
const APPEND_PAUSE_MS_MAX = 200;

export class SimulatorEngine {
  readonly ports: SimulatorPorts;
  readonly publicUrl: string | null;
  readonly #base: SimulatorSettings;
  readonly #timerLostAfterMs: number;
  readonly #state: SimulatorState = newState();
  /** Webhook calls on their way, so that a duplicated timer does not make a duplicated call. */
  readonly #calling = new Map<string, Promise<void>>();
  /** The tail of the queue of readers and writers of the journal: one at a time. */
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(ports: SimulatorPorts, options: EngineOptions = {}) {
    this.ports = ports;
    this.publicUrl = options.publicUrl ?? null;
    this.#base = changeSettings(defaultSettings, options.settings ?? {});
    this.#timerLostAfterMs = options.timerLostAfterMs ?? 0;
  }

  /** Replays the journal and resumes what was running when it ended. To be called once, before anything else. */
  async open(): Promise<void> {
    await this.catchUp();
    // The account's balance is part of the journal: a restart must not refill it.
    await this.#change(() =>
      this.#state.balance === undefined ? { type: 'balance-set', balance: this.#base.balance } : null,
    );
    for (const task of this.#state.tasks.values()) {
      if (task.endedAtMs !== null) await this.#scheduleCalls(task, task.endedAtMs, true);
      else if (this.#mayBeLost(finishAtMs(task))) await this.#scheduleFinish(task);
    }
  }

  /** Learns what other processes have written; without any there is nothing to learn. */
  async catchUp(): Promise<void> {
    await this.#alone(() => this.#read());
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
    if (Object.keys(rest).length > 0) await this.#change(() => ({ type: 'settings-changed', change: rest }));
    if (balance !== undefined) await this.#change(() => ({ type: 'balance-set', balance }));
  }

  /** Forgets every task, count and change of settings; timers of forgotten tasks have no effect. */
  async reset(): Promise<void> {
    await this.#change(() => ({ type: 'reset', balance: this.#base.balance }));
  }

  /**
   * Carries out one submit: creates and charges its task, if it is to have one, and arranges the end. Resolves when
   * that is journaled, or, when the plan is `early`, after the first webhook call.
   * @param decide pure except for random numbers; nothing happens between its last call and the journal.
   */
  async submit(input: NewTask, decide: () => SubmitDecision): Promise<Submitted> {
    let submitted: Submitted | undefined;
    await this.#change(() => {
      const { plan, script } = decide();
      const task = plan.kind === 'made' ? this.#newTask(input, plan.task) : null;
      submitted = { plan, task };
      if (task !== null) return { type: 'accepted', task, script };
      return script === null ? null : { type: 'attempted', script };
    });
    const { plan, task } = submitted as unknown as Submitted;
    if (task === null) return { plan, task };
    if (!isEarly(task.plan, task.webhookUrl)) {
      await this.#scheduleFinish(task);
      return { plan, task };
    }
    await this.#finish(task.id);
    await this.#call(task.id, 0);
    return { plan, task };
  }

  #newTask(input: NewTask, plan: TaskPlan): SimulatedTask {
    return {
      ...input,
      id: this.ports.newId(),
      createdAtMs: this.ports.now(),
      plan: isEarly(plan, input.webhookUrl) ? { ...plan, durationMs: 0 } : plan,
      endedAtMs: null,
      calls: {},
    };
  }

  /** Does what a timer was set for, if it is still to be done; sets the timer again when it was early. */
  async perform(due: Due): Promise<void> {
    if (due.kind === 'call') return this.#call(due.taskId, due.call);
    const task = this.#state.tasks.get(due.taskId);
    if (task === undefined) return;
    if (task.endedAtMs !== null) {
      // The process that ended it may have died before it set the timers of the calls; a single process has not.
      return this.#timerLostAfterMs > 0 ? this.#scheduleCalls(task, task.endedAtMs, true) : undefined;
    }
    if (!(await this.finishIfDue(task.id))) await this.#scheduleFinish(task);
  }

  /** Ends a task whose time has come, in case its timer is late. Returns whether the task has ended. */
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
    const isEndedHere = await this.#change(() => {
      const task = this.#state.tasks.get(id);
      return task === undefined || task.endedAtMs !== null ? null : { type: 'ended', id, atMs };
    });
    // Two processes may have found it due: the one that wrote its end sets the timers.
    const task = isEndedHere ? this.#state.tasks.get(id) : undefined;
    if (task !== undefined) await this.#scheduleCalls(task, atMs, false);
  }

  async #call(id: string, call: number): Promise<void> {
    const key = `${id} ${call}`;
    const underWay = this.#calling.get(key);
    // A further caller waits for the same call, so that an early webhook always precedes its answer.
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
    // Recorded after the call, not before: a process that dies in between calls twice rather than never.
    const atMs = this.ports.now();
    await this.#change(() => ({ type: 'called', id: task.id, call, atMs, result }));
  }

  async #scheduleFinish(task: SimulatedTask): Promise<void> {
    const dueAtMs = finishAtMs(task);
    if (dueAtMs !== null) await this.#schedule(dueAtMs, { kind: 'finish', taskId: task.id });
  }

  /** Of the calls that have not been made: all of them, or only those whose timer may be lost. */
  async #scheduleCalls(task: SimulatedTask, endedAtMs: number, isOnlyLost: boolean): Promise<void> {
    if (task.webhookUrl === null) return;
    for (const [call, delayMs] of task.plan.callDelaysMs.entries()) {
      if (call in task.calls || (isOnlyLost && !this.#mayBeLost(endedAtMs + delayMs))) continue;
      await this.#schedule(endedAtMs + delayMs, { kind: 'call', taskId: task.id, call });
    }
  }

  /** If timers die with the process, any may be lost; if they outlive it, those that are long overdue. */
  #mayBeLost(dueAtMs: number | null): boolean {
    return this.#timerLostAfterMs === 0 || (dueAtMs !== null && this.ports.now() > dueAtMs + this.#timerLostAfterMs);
  }

  /** A timer that cannot be set is a lost one: what the client was promised is in the journal already. */
  async #schedule(dueAtMs: number, due: Due): Promise<void> {
    try {
      await this.ports.schedule(Math.max(0, dueAtMs - this.ports.now()), due);
    } catch (error) {
      this.ports.reportFault(error);
    }
  }

  /**
   * Writes what is decided, then applies it; a journal that throws leaves the state unchanged.
   * @param decide judges the current state; null means nothing to do.
   * @returns whether something was written.
   */
  async #change(decide: () => JournalEntry | null): Promise<boolean> {
    return this.#alone(async () => {
      for (let lost = 0; lost < APPENDS_MAX; lost += 1) {
        const entry = decide();
        if (entry === null) return false;
        if (await this.ports.journal.append(entry)) {
          applyEntry(this.#state, entry);
          return true;
        }
        await this.ports.sleep(this.ports.random() * Math.min(APPEND_PAUSE_MS_MAX, APPEND_PAUSE_MS * 2 ** lost));
        await this.#read();
      }
      throw new Error(`other processes wrote to the journal ${APPENDS_MAX} times in a row`);
    });
  }

  async #read(): Promise<void> {
    for (const entry of await this.ports.journal.read()) applyEntry(this.#state, entry);
  }

  /** Waits for all earlier readers and writers, so that nothing changes between a decision and its entry. */
  #alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

/** Early means that the webhook overtakes the answer: without one, or with a lost one, nothing does. */
function isEarly(plan: TaskPlan, webhookUrl: string | null): boolean {
  return plan.early && webhookUrl !== null && plan.callDelaysMs.length > 0;
}
