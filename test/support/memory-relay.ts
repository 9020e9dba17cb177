// The ports of every flow over memory, with an account and a Get3W that answers what a test sets.
// For tests of one flow at a time; the whole relay under faults is test/simulation's.
import { defaultSettings } from '../../core/domain/settings.ts';
import { noPrices } from '../../core/domain/money/price-table.ts';
import { FixedRandomSource } from './memory/fixed-random-source.ts';
import { MemoryAudit } from './memory/memory-audit.ts';
import { MemoryDeadLetters } from './memory/memory-dead-letters.ts';
import { MemoryDoorbells } from './memory/memory-doorbells.ts';
import { MemoryFiles } from './memory/memory-files.ts';
import { MemoryInputs } from './memory/memory-inputs.ts';
import { MemoryPlaces } from './memory/memory-places.ts';
import { MemoryStore } from './memory/memory-store.ts';
import { SteppedClock } from './memory/stepped-clock.ts';
import { NOW } from './sample-task.ts';
import type { SpentByDay } from '../../core/domain/money/account-money.ts';
import type { OutputSigner } from '../../core/ports/output-ports.ts';
import type { PriceTable } from '../../core/domain/money/price-table.ts';
import type { GateStore, PollAnswer, SubmitAnswer, SubmitRequest } from '../../core/ports/ports.ts';
import type { MetricLine, MetricName } from '../../core/contract/metrics.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
import type { Task } from '../../core/domain/task/task.ts';

const quietLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a script of answers has left, the last one again and again. */
function nextOf<Answer>(script: Answer[]): Answer {
  const [first] = script.length > 1 ? script.splice(0, 1) : script;
  if (first === undefined) throw new Error('the test gave Get3W no answer to give');
  return first;
}

export class MemoryRelay {
  readonly clock = new SteppedClock(NOW);
  readonly randomSource = new FixedRandomSource(7, this.clock);
  readonly doorbells = new MemoryDoorbells(this.clock);
  readonly settings: RelaySettings;
  readonly store: MemoryStore;
  readonly kept: MemoryStore;
  readonly signer: OutputSigner = { sign: async (key, signedMs) => `https://bucket.example/${key}?for=${signedMs}` };
  /** As the bucket itself is addressed, though a distribution stood before it. */
  readonly uploadSigner: OutputSigner = { sign: async (key, signedMs) => `https://s3.example/${key}?for=${signedMs}` };
  readonly inputs = new MemoryInputs();
  /** Small files of the bucket, by key: none unless a test puts one there. */
  readonly files = new MemoryFiles();
  readonly places = new MemoryPlaces(this.clock);
  /** What tasks cost: nothing is known unless a test sets it. */
  priceTable: PriceTable = noPrices;
  /** What processes have set aside of each account: nothing unless a test sets it. */
  leasedMicros: SpentByDay = {};
  readonly leases = { leased: (): Promise<SpentByDay> => Promise.resolve(this.leasedMicros) };
  readonly prices = { table: (): PriceTable => this.priceTable };
  readonly audit = new MemoryAudit();
  readonly letters = new MemoryDeadLetters();
  readonly faults = this.letters;
  readonly log = quietLog;
  readonly lines: MetricLine[] = [];
  readonly metrics = { emit: (line: MetricLine) => void this.lines.push(line) };
  readonly callbacksUrl = 'https://relay.example/callbacks/get3w/stack';
  /** What Get3W answers, in turn. */
  readonly submitAnswers: SubmitAnswer[] = [];
  readonly pollAnswers: PollAnswer[] = [];
  readonly submitted: SubmitRequest[] = [];
  readonly polled: string[] = [];
  readonly provider = {
    submit: async (request: SubmitRequest): Promise<SubmitAnswer> => {
      this.submitted.push(request);
      return nextOf(this.submitAnswers);
    },
    poll: async (upstreamId: string): Promise<PollAnswer> => {
      this.polled.push(upstreamId);
      return nextOf(this.pollAnswers);
    },
  };

  constructor(settings: Partial<RelaySettings> = {}) {
    this.settings = { ...defaultSettings, ...settings };
    this.store = new MemoryStore({ clock: this.clock, settings: this.settings.gate });
    this.kept = this.store;
  }

  /** Writes a task down as it is, with what follows from it for account and gate. */
  async put(task: Task): Promise<Task> {
    await this.store.createTask({ task, input: '{"prompt":"a cat"}' });
    return task;
  }

  async task(id: string): Promise<Task> {
    const task = await this.store.loadTask(id);
    if (!task) throw new Error(`no task ${id}`);
    return task;
  }

  /** The same ports over a store some of whose methods do something else; they may call the true ones. It remembers no gate by itself. */
  withStore(overrides: Partial<MemoryStore> & Pick<GateStore, 'recallGate'>): MemoryRelay {
    const store = new Proxy(this.store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(overrides, name) ?? Reflect.get(target, name);
        return typeof method === 'function' ? (method.bind(target) as unknown) : method;
      },
    });
    return Object.assign(Object.create(MemoryRelay.prototype) as MemoryRelay, this, { store });
  }

  /** Sum of everything emitted under a name. */
  sumOf(name: MetricName): number {
    return this.lines.reduce((sum, { values }) => sum + (values[name] ?? 0), 0);
  }
}
