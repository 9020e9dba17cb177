// Load, decide, commit: the one way to change tasks by events, repeated when the race for a version is lost. The events
// of several tasks are committed together: what they count for their gate is one write, however many they are.
// The caller performs the effects: it knows what else it has seen. allocate-slots.ts gives slots to several tasks at once.
import { limits } from '../domain/limits.ts';
import { RelayError } from '../domain/relay-error.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { decideSoundly } from './decide-soundly.ts';
import { learnOutcomes } from './learn-outcomes.ts';
import { reportChange } from './report-change.ts';
import type { AccountRefusal } from '../domain/account.ts';
import type { Effect, Refusal, TaskEvent } from '../domain/task/event.ts';
import type { Task } from '../domain/task/task.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';
import type { CommitResult } from '../ports/ports.ts';
import type { Tried } from '../ports/optimistic-commit.ts';

interface AskedEvent {
  readonly taskId: string;
  readonly event: TaskEvent;
  /** The task as just read, to save the first load. */
  readonly known?: Task | undefined;
}

interface Changed {
  readonly kind: 'changed';
  readonly before: Task;
  readonly after: Task;
  readonly effects: readonly Effect[];
}

export type Applied =
  | Changed
  | { readonly kind: 'refused'; readonly task: Task; readonly reason: Refusal }
  | { readonly kind: 'unknown' }
  /** Only for events that need room again: the account has no room, or no money left. */
  | { readonly kind: AccountRefusal };

/** Of several events each has a result of its own: one that the relay fails at holds up no other. */
export type AppliedOne = Applied | { readonly kind: 'failed'; readonly error: unknown };

export interface ApplyOptions {
  /** Gives up at the first collision with another writer, as `store-contended`: the caller has another way. */
  readonly isHasty?: boolean;
}

/** @returns the results in the order of the events. Never throws. */
export async function applyEvents(
  ports: FlowPorts,
  asked: readonly AskedEvent[],
  options: ApplyOptions = {},
): Promise<readonly AppliedOne[]> {
  const batch = new EventBatch(ports, asked, options);
  await batch.apply();
  return batch.results;
}

interface OpenEvent extends AskedEvent {
  readonly index: number;
}

interface Decided {
  readonly asked: OpenEvent;
  readonly changed: Changed;
}

class EventBatch {
  readonly #ports: FlowPorts;
  readonly #options: ApplyOptions;
  #open: readonly OpenEvent[];
  /** How many go into one commit; one by one when the store will not have them together. */
  #together: number = limits.eventsPerCommitMax;
  readonly results: AppliedOne[] = [];

  constructor(ports: FlowPorts, asked: readonly AskedEvent[], options: ApplyOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#open = asked.map((one, index) => ({ ...one, index }));
  }

  async apply(): Promise<void> {
    while (this.#open.length > 0) {
      const contended = (): Error =>
        new RelayError('store-contended', 'Tasks changed under every try to commit', {
          taskIds: this.#open.map(({ taskId }) => taskId),
        });
      try {
        await commitOptimistically(this.#ports, { policy: tryPolicies.task, attempt: () => this.#try(), contended });
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** What the table refuses for one task must not keep the others: then each is tried alone. */
  #fail(error: unknown): void {
    const tried = this.#next();
    if (tried.length > 1 && !(error instanceof RelayError)) this.#together = 1;
    else for (const one of tried) this.#close(one, { kind: 'failed', error });
  }

  #close({ index }: OpenEvent, result: AppliedOne): void {
    this.results[index] = result;
    this.#open = this.#open.filter((one) => one.index !== index);
  }

  /** One commit of what can be committed together. */
  async #try(): Promise<Tried<void>> {
    const decided: Decided[] = [];
    for (const one of await this.#load(this.#next())) {
      const found = this.#decide(one);
      if (found) decided.push(found);
    }
    if (decided.length === 0) return { result: undefined };
    const committed = await this.#commit(decided);
    if (committed.kind === 'lost') {
      const stale = new Set(committed.taskIds);
      this.#open = this.#open.map((one) => (stale.has(one.taskId) ? { ...one, known: undefined } : one));
      return 'lost';
    }
    if (committed.kind === 'committed') await this.#finish(decided);
    // An account refuses: of several, each hears it for itself.
    else if (decided.length > 1) this.#together = 1;
    else for (const { asked } of decided) this.#close(asked, committed);
    return { result: undefined };
  }

  /** A task's second event waits for what the first makes of it. */
  #next(): readonly OpenEvent[] {
    const first = new Map([...this.#open].reverse().map((one) => [one.taskId, one]));
    return this.#open.filter((one) => first.get(one.taskId) === one).slice(0, this.#together);
  }

  async #load(asked: readonly OpenEvent[]): Promise<readonly OpenEvent[]> {
    const loaded = await Promise.all(
      asked.map(async (one) => {
        if (one.known) return one;
        try {
          const known = await this.#ports.store.loadTask(one.taskId);
          if (known) return { ...one, known };
          this.#close(one, { kind: 'unknown' });
        } catch (error) {
          this.#close(one, { kind: 'failed', error });
        }
        return undefined;
      }),
    );
    return loaded.flatMap((one) => one ?? []);
  }

  #decide(asked: OpenEvent): Decided | undefined {
    const { known: before, event } = asked;
    if (!before) return undefined;
    try {
      const decision = decideSoundly(this.#ports, before, event);
      if (decision.kind === 'changed') {
        return { asked, changed: { kind: 'changed', before, after: decision.task, effects: decision.effects } };
      }
      this.#close(asked, { kind: 'refused', task: before, reason: decision.reason });
    } catch (error) {
      this.#close(asked, { kind: 'failed', error });
    }
    return undefined;
  }

  #commit(decided: readonly Decided[]): Promise<CommitResult> {
    const changes = decided.map(({ changed: { before, after } }) => ({ before, after }));
    return this.#ports.store.commit({ changes, ...(this.#options.isHasty && { isHasty: true }) });
  }

  async #finish(decided: readonly Decided[]): Promise<void> {
    for (const { changed } of decided) reportChange(this.#ports, changed);
    // Before their slots go to others: a circuit that has just opened keeps the next task back.
    await learnOutcomes(
      this.#ports,
      decided.map(({ changed }) => changed),
    );
    const done = new Set(decided.map(({ asked }) => asked.taskId));
    for (const { asked, changed } of decided) this.#close(asked, changed);
    this.#open = this.#open.map((one) => (done.has(one.taskId) ? { ...one, known: undefined } : one));
  }
}
