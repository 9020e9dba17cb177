// Gates in memory: the gate itself, the queues of its waiting accounts and its models, each apart as in the table.
// derived-counts.ts says what a change of a task counts for them; the memory store keeps the tickets.
import { newGate } from '../../../core/domain/gate/gate.ts';
import { tasksIn } from '../../../core/domain/gate/gate-view.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { GateSettings } from '../../../core/domain/gate/gate-settings.ts';
import type { AccountQueues, GateView } from '../../../core/domain/gate/gate-view.ts';
import type { GateDelta } from '../../../core/domain/task/derived-counts.ts';
import type { GateChange, GateStore, ModelListing, QueueListing, SlotClaim } from '../../../core/ports/ports.ts';

interface GateEntry {
  gate: Gate | undefined;
  /** Changed in place; the gate with its counters is put together when it is read. */
  readonly counters: Map<string, number>;
  /** Slots that commits freed which set nothing of the gate: part of its counters, apart from its own row. */
  released: number;
  readonly queues: Map<string, AccountQueues>;
  readonly models: Map<string, ModelHealth>;
  snapshot: Gate | undefined;
}

interface MemoryGatesOptions {
  readonly clock: { now(): number };
  readonly settings: GateSettings;
}

export class MemoryGates implements Omit<GateStore, 'tickets'> {
  readonly #options: MemoryGatesOptions;
  readonly #gates = new Map<string, GateEntry>();

  constructor(options: MemoryGatesOptions) {
    this.#options = options;
  }

  async loadGate(gateId: string): Promise<Gate> {
    const entry = this.#entry(gateId);
    entry.gate ??= newGate(gateId, this.#options.settings, this.#options.clock.now());
    entry.snapshot ??= deepFreeze({
      ...entry.gate,
      ...(entry.released !== 0 && { released: entry.released }),
      counters: Object.fromEntries(entry.counters),
    });
    return entry.snapshot;
  }

  async listQueues(gateId: string, accountsMax: number, from: number): Promise<QueueListing> {
    const rows = [...this.#entry(gateId).queues.values()];
    if (rows.length <= accountsMax) return { queues: rows, isWhole: true };
    const start = Math.floor(from * rows.length);
    return { queues: [...rows.slice(start), ...rows.slice(0, start)].slice(0, accountsMax), isWhole: false };
  }

  async loadQueues(gateId: string, accountId: string): Promise<AccountQueues | undefined> {
    return this.#entry(gateId).queues.get(accountId);
  }

  async tidyQueues(gateId: string, queues: readonly AccountQueues[]): Promise<void> {
    const rows = this.#entry(gateId).queues;
    for (const { accountId, finishTime } of queues) {
      const row = rows.get(accountId);
      if (row && tasksIn(row) === 0 && row.finishTime === finishTime) rows.delete(accountId);
    }
  }

  async listModels(gateId: string, modelsMax: number): Promise<ModelListing> {
    const rows = [...this.#entry(gateId).models];
    return { models: new Map(rows.slice(0, modelsMax)), isWhole: rows.length <= modelsMax };
  }

  async loadModels(gateId: string, models: readonly string[]): Promise<ReadonlyMap<string, ModelHealth>> {
    const known = this.#entry(gateId).models;
    return new Map(models.flatMap((model) => [[model, known.get(model)] as const]).filter(isKnown));
  }

  async saveModel(
    gateId: string,
    model: string,
    before: ModelHealth,
    after: ModelHealth | undefined,
  ): Promise<boolean> {
    const { models } = this.#entry(gateId);
    const known = models.get(model);
    if ((known?.version ?? 0) !== before.version) return false;
    if (after) {
      models.set(
        model,
        deepFreeze({ ...after, version: before.version + 1, probesInFlight: known?.probesInFlight ?? 0 }),
      );
      return true;
    }
    if (known && known.probesInFlight !== 0) return false;
    models.delete(model);
    return true;
  }

  async gateIds(): Promise<readonly string[]> {
    return [...this.#gates].flatMap(([id, { gate }]) => (gate ? [id] : [])).sort();
  }

  isLost({ before, ownSlotsMax = Infinity }: GateChange): boolean {
    const entry = this.#gates.get(before.id);
    return entry?.gate?.version !== before.version || ownSlots(entry) > ownSlotsMax;
  }

  mayClaim({ gateId, ownSlotsMax, limitSlots }: SlotClaim): boolean {
    const entry = this.#gates.get(gateId);
    if (!entry?.gate || entry.gate.pause || entry.gate.operatorPause) return false;
    return ownSlots(entry) <= ownSlotsMax && entry.gate.limit.slots >= limitSlots;
  }

  change({ before, after, turns = [], correction = {} }: GateChange): void {
    const entry = this.#entry(before.id);
    this.count({ gateId: before.id, counters: correction });
    const { released: _beside, ...own } = after;
    entry.gate = { ...own, version: before.version + 1 };
    entry.snapshot = undefined;
    for (const { accountId, weight, finishTime, servedAt } of turns) {
      const waiting = entry.queues.get(accountId)?.waiting ?? {};
      entry.queues.set(accountId, deepFreeze({ accountId, weight, finishTime, servedAt, waiting }));
    }
  }

  /** @param isBeside whether the slots that come free are counted beside the gate's own row. */
  count({ gateId, counters, queues, circuitProbes }: GateDelta, isBeside = false): void {
    const entry = this.#entry(gateId);
    entry.snapshot = undefined;
    if (isBeside) entry.released += Math.min(0, counters['inFlight'] ?? 0);
    for (const [name, amount] of Object.entries(counters)) {
      const sum = (entry.counters.get(name) ?? 0) + amount;
      if (sum === 0) entry.counters.delete(name);
      else entry.counters.set(name, sum);
    }
    if (queues) {
      const { accountId, weight } = queues;
      const row = entry.queues.get(accountId);
      entry.queues.set(accountId, deepFreeze({ ...row, accountId, weight, waiting: summed(row, queues.waiting) }));
    }
    if (circuitProbes) {
      const { model, inFlight } = circuitProbes;
      const row = entry.models.get(model) ?? { version: 0, outcomes: 0, failures: 0, talliedAt: 0, probesInFlight: 0 };
      entry.models.set(model, deepFreeze({ ...row, probesInFlight: row.probesInFlight + inFlight }));
    }
  }

  /** The whole current gate, for auditors and tests; no port has this. */
  async view(gateId: string): Promise<GateView> {
    const { queues, models } = this.#entry(gateId);
    return { gate: await this.loadGate(gateId), queues, models, isWhole: true };
  }

  #entry(gateId: string): GateEntry {
    const known = this.#gates.get(gateId);
    if (known) return known;
    const entry: GateEntry = {
      gate: undefined,
      counters: new Map(),
      released: 0,
      queues: new Map(),
      models: new Map(),
      snapshot: undefined,
    };
    this.#gates.set(gateId, entry);
    return entry;
  }
}

function ownSlots({ counters, released }: GateEntry): number {
  return (counters.get('inFlight') ?? 0) - released;
}

function isKnown(entry: readonly [string, ModelHealth | undefined]): entry is readonly [string, ModelHealth] {
  return entry[1] !== undefined;
}

function summed(row: AccountQueues | undefined, moved: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = { ...row?.waiting };
  for (const [name, amount] of Object.entries(moved)) sums[name] = (sums[name] ?? 0) + amount;
  return Object.fromEntries(Object.entries(sums).filter(([, tasks]) => tasks !== 0));
}
