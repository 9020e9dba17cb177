// Gates in memory: the gate itself, the queues of its waiting accounts and its models, each apart as in the table.
// derived-counts.ts says what a change of a task counts for them; the memory store keeps the tickets.
import { newGate } from '../../../core/domain/gate/gate.ts';
import { tasksIn } from '../../../core/domain/gate/gate-view.ts';
import { slotsIn, withPools } from '../../../core/domain/gate/slot-pools.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { ModelHealth } from '../../../core/domain/gate/circuit.ts';
import type { Gate } from '../../../core/domain/gate/gate.ts';
import type { GateSettings } from '../../../core/domain/gate/gate-settings.ts';
import type { AccountQueues, GateView } from '../../../core/domain/gate/gate-view.ts';
import type { PoolMove, SlotPool } from '../../../core/domain/gate/slot-pools.ts';
import type { GateDelta } from '../../../core/domain/task/derived-counts.ts';
import type {
  Commit,
  GateChange,
  GateStore,
  ModelListing,
  QueueListing,
  SlotClaim,
} from '../../../core/ports/ports.ts';
import type { TicketStore } from '../../../core/ports/ticket-store.ts';

interface GateEntry {
  gate: Gate | undefined;
  /** Changed in place; the gate with its counters is put together when it is read. */
  readonly counters: Map<string, number>;
  /** Slots that commits freed which set nothing of the gate: part of its counters, apart from its own row. */
  released: number;
  /** Free slots that lie in pools, apart from its own counters, which count them as taken. */
  readonly pools: Map<number, SlotPool>;
  readonly queues: Map<string, AccountQueues>;
  readonly models: Map<string, ModelHealth>;
  snapshot: Gate | undefined;
}

/** Where a commit counts the slots that it takes or frees. */
export interface Counted {
  readonly isBeside?: boolean;
  readonly pool?: number | undefined;
}

interface MemoryGatesOptions {
  readonly clock: { now(): number };
  readonly settings: GateSettings;
}

export class MemoryGates implements Omit<GateStore, keyof TicketStore> {
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

  async loadPools(gateId: string): Promise<readonly SlotPool[]> {
    return [...this.#entry(gateId).pools.values()];
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

  /** Whether the gate is no longer as the commit assumes. */
  refuses({ changes, gate, claim, poolClaim }: Commit): boolean {
    if (claim && !this.#mayClaim(claim)) return true;
    const taken = changes.reduce((sum, { before, after }) => sum + (after.slot ? 1 : 0) - (before?.slot ? 1 : 0), 0);
    if (poolClaim && pooledIn(this.#entry(poolClaim.gateId), poolClaim.pool) < taken) return true;
    const { fill } = claim ?? {};
    if (claim && fill && (this.#entry(claim.gateId).pools.get(fill.pool)?.moves ?? 0) !== fill.movesSeen) return true;
    return gate !== undefined && this.#isLost(gate);
  }

  /** What a commit sets of its gate beside what its tasks count. */
  set({ gate, claim }: Commit): void {
    if (claim?.fill) this.#move(claim.gateId, { pool: claim.fill.pool, slots: -claim.fill.slots });
    if (gate) this.#change(gate);
  }

  #isLost({ before, ownSlotsMax = Infinity, takenBack = [] }: GateChange): boolean {
    const entry = this.#gates.get(before.id);
    if (entry?.gate?.version !== before.version || ownSlots(entry) > ownSlotsMax) return true;
    return takenBack.some(({ pool, slots }) => pooledIn(entry, pool) < slots);
  }

  #mayClaim({ gateId, ownSlotsMax, limitSlots }: SlotClaim): boolean {
    const entry = this.#gates.get(gateId);
    if (!entry?.gate || entry.gate.pause || entry.gate.operatorPause) return false;
    return ownSlots(entry) <= ownSlotsMax && entry.gate.limit.slots >= limitSlots;
  }

  /** @param slots that leave the pool for the gate's own row; below zero they come into it. */
  #move(gateId: string, { pool, slots }: PoolMove): void {
    this.count({ gateId, counters: { inFlight: -slots, fills: slots < 0 ? 1 : 0 } });
    this.#countPooled(gateId, pool, { inFlight: slots }, 1);
  }

  #countPooled(gateId: string, pool: number, added: Readonly<Record<string, number>>, moves = 0): void {
    const { pools } = this.#entry(gateId);
    const known = pools.get(pool) ?? { pool, counters: {}, moves: 0 };
    const counters: Record<string, number> = { ...known.counters };
    for (const [name, amount] of Object.entries(added)) counters[name] = (counters[name] ?? 0) + amount;
    const kept = Object.fromEntries(Object.entries(counters).filter(([, sum]) => sum !== 0));
    pools.set(pool, deepFreeze({ pool, counters: kept, moves: known.moves + moves }));
  }

  #change({ before, after, turns = [], correction = {}, takenBack = [] }: GateChange): void {
    const entry = this.#entry(before.id);
    this.count({ gateId: before.id, counters: correction });
    for (const move of takenBack) this.#move(before.id, move);
    const { released: _beside, pooled: _aside, ...own } = after;
    entry.gate = { ...own, version: before.version + 1 };
    entry.snapshot = undefined;
    for (const { accountId, weight, finishTime, servedAt } of turns) {
      const waiting = entry.queues.get(accountId)?.waiting ?? {};
      entry.queues.set(accountId, deepFreeze({ accountId, weight, finishTime, servedAt, waiting }));
    }
  }

  /** @param where the slots are counted: those that come free beside the gate's own row, those out of a pool there. */
  count({ gateId, counters, queues, circuitProbes }: GateDelta, { isBeside = false, pool }: Counted = {}): void {
    const entry = this.#entry(gateId);
    entry.snapshot = undefined;
    if (isBeside) entry.released += Math.min(0, counters['inFlight'] ?? 0);
    if (pool !== undefined) this.#countPooled(gateId, pool, counters);
    else
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
    const { queues, models, pools } = this.#entry(gateId);
    const gate = withPools(await this.loadGate(gateId), [...pools.values()]);
    return { gate, queues, models, isWhole: true };
  }

  #entry(gateId: string): GateEntry {
    const known = this.#gates.get(gateId);
    if (known) return known;
    const entry: GateEntry = {
      gate: undefined,
      counters: new Map(),
      released: 0,
      pools: new Map(),
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

function pooledIn({ pools }: GateEntry, pool: number): number {
  const known = pools.get(pool);
  return known ? slotsIn(known) : 0;
}

function isKnown(entry: readonly [string, ModelHealth | undefined]): entry is readonly [string, ModelHealth] {
  return entry[1] !== undefined;
}

function summed(row: AccountQueues | undefined, moved: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = { ...row?.waiting };
  for (const [name, amount] of Object.entries(moved)) sums[name] = (sums[name] ?? 0) + amount;
  return Object.fromEntries(Object.entries(sums).filter(([, tasks]) => tasks !== 0));
}
