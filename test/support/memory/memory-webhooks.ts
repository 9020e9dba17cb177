// The webhook ports in memory, with the semantics of the DynamoDB adapter: the conformance suite checks both.
// Like the rest of the memory store, every method changes state before its first await.
import { matchesDelivery } from '../../../core/domain/webhook/delivery-filter.ts';
import { dueEventId, dueShardName, dueShardOf, ticketOrder } from '../../../core/contract/items.ts';
import { limits } from '../../../core/domain/limits.ts';
import { RelayError } from '../../../core/domain/relay-error.ts';
import { laneEntryOf } from '../../../core/domain/webhook/delivery.ts';
import { newLane } from '../../../core/domain/webhook/lane.ts';
import { deepFreeze } from './deep-freeze.ts';
import { MemoryAccounts } from './memory-accounts.ts';
import { SortedRows } from './sorted-rows.ts';
import type { AccountRemoval, DueRow } from '../../../core/ports/ports.ts';
import type {
  AccountReceivers,
  DeliveryKey,
  DeliveryPage,
  DeliveryQuery,
  EventPlace,
  LaneClaim,
  LaneRelease,
  LaneReleased,
  LaneStore,
  OldestPending,
  SaveOptions,
  StoredEvent,
  WebhookStore,
} from '../../../core/ports/webhook-ports.ts';
import type { TaskContents } from '../../../core/ports/erasure-port.ts';
import type { Delivery, LaneEntry, EntryKind } from '../../../core/domain/webhook/delivery.ts';
import type { Lane } from '../../../core/domain/webhook/lane.ts';
import type { EventKey, LoggedEvent, OutboxEvent } from '../../../core/domain/webhook/outbox-event.ts';
import type { AccountSigning, WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

interface MemoryLane {
  accountId: string;
  lane: Lane;
  wanted: number;
  holder: { readonly id: string; readonly until: number } | undefined;
  readonly deliveries: SortedRows<Delivery>;
  readonly entries: Record<EntryKind, SortedRows<LaneEntry>>;
}

interface Due {
  readonly at: number;
  readonly by: 'doorbell' | 'sweep';
  readonly timesPostponed?: number;
}

function placeOf(position: number, id: string): string {
  return `${ticketOrder(position)}#${id}`;
}

/** The same answers as the table gives, from maps: every write is one step, of which no reader sees half. */
export class MemoryWebhooks extends MemoryAccounts implements WebhookStore {
  readonly #logs = new Map<string, SortedRows<LoggedEvent>>();
  readonly #fences = new Map<string, number>();
  readonly #handed = new Map<string, DeliveryKey[]>();
  readonly #endpoints = new Map<string, WebhookEndpoint>();
  readonly #signing = new Map<string, AccountSigning>();
  readonly #lanes = new Map<string, MemoryLane>();
  readonly #dueEvents = new Map<string, Due>();
  readonly #dueLanes = new Map<string, Due>();
  /** Events that have no due of their own. */
  readonly #dueWithTask = new Set<string>();

  /** Here every event is written behind what was read: there is nothing to guard. */
  async guardEvent(stored: StoredEvent, _eventFence: number): Promise<StoredEvent> {
    return stored;
  }

  async loadEvent({ accountId, position, id }: EventKey): Promise<StoredEvent | undefined> {
    const log = this.#logs.get(accountId);
    const found = log?.from(ticketOrder(position)).find(({ event }) => event.id === id);
    return found && this.#stored(found);
  }

  async readEvents(accountId: string, after: EventPlace, limit: number): Promise<readonly StoredEvent[]> {
    const from = placeOf(after.position, after.id);
    const rows = (this.#logs.get(accountId)?.from(from) ?? []).filter(
      ({ event, position }) => placeOf(position, event.id) !== from,
    );
    const read = rows.slice(0, limit);
    const fence = this.#fences.get(accountId) ?? -1;
    this.#fences.set(accountId, Math.max(fence, read.at(-1)?.position ?? -1));
    return read.map((logged) => this.#stored(logged));
  }

  #stored(logged: LoggedEvent): StoredEvent {
    const id = this.#dueId(logged);
    if (this.#dueWithTask.has(id)) return { ...logged, isClosed: false, isDueWithTask: true };
    return { ...logged, isClosed: !this.#dueEvents.has(id) };
  }

  async noteDeliveries({ event }: LoggedEvent, deliveries: readonly DeliveryKey[]): Promise<void> {
    const { taskId, id } = event;
    if (taskId !== undefined && deliveries.length > 0) {
      this.#handed.set(
        `${taskId}#${id}`,
        deliveries.map((key) => ({ laneId: key.laneId, id: key.id })),
      );
    }
  }

  async closeEvent(logged: LoggedEvent): Promise<void> {
    this.#dueEvents.delete(this.#dueId(logged));
  }

  async deliveriesOfTask(taskId: string): Promise<readonly DeliveryKey[]> {
    const own = [...this.#handed].filter(([key]) => key.startsWith(`${taskId}#`));
    return own.sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, keys]) => keys);
  }

  /** What an erased task left here. */
  protected removeWebhooks(taskId: string, { deliveries, events }: TaskContents): void {
    for (const { laneId, id } of deliveries) this.#lanes.get(laneId)?.deliveries.delete(id);
    for (const { accountId, position, id } of events) this.#logs.get(accountId)?.delete(placeOf(position, id));
    for (const key of [...this.#handed.keys()]) if (key.startsWith(`${taskId}#`)) this.#handed.delete(key);
  }

  async createEndpoint(
    endpoint: WebhookEndpoint,
    endpointsMax: number = limits.webhookEndpointsMax,
  ): Promise<'created' | 'too-many'> {
    if (this.#endpointsOf(endpoint.accountId).length >= endpointsMax) return 'too-many';
    this.#endpoints.set(`${endpoint.accountId}#${endpoint.id}`, deepFreeze(endpoint));
    return 'created';
  }

  async loadEndpoint(accountId: string, endpointId: string): Promise<WebhookEndpoint | undefined> {
    return this.#endpoints.get(`${accountId}#${endpointId}`);
  }

  async findEndpoint(endpointId: string): Promise<WebhookEndpoint | undefined> {
    return [...this.#endpoints.values()].find(({ id }) => id === endpointId);
  }

  async listEndpoints(accountId: string): Promise<readonly WebhookEndpoint[]> {
    return this.#endpointsOf(accountId).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async loadReceivers(accountId: string): Promise<AccountReceivers> {
    return {
      endpoints: this.#endpointsOf(accountId).sort((a, b) => (a.id < b.id ? -1 : 1)),
      signing: this.#signing.get(accountId),
      eventFence: this.#fences.get(accountId) ?? -1,
    };
  }

  async saveEndpoint(endpoint: WebhookEndpoint, event?: OutboxEvent): Promise<boolean> {
    const key = `${endpoint.accountId}#${endpoint.id}`;
    if (this.#endpoints.get(key)?.version !== endpoint.version - 1) return false;
    this.#endpoints.set(key, deepFreeze(endpoint));
    if (event) this.logEvent(event);
    return true;
  }

  async deleteEndpoint(accountId: string, endpointId: string): Promise<boolean> {
    return this.#endpoints.delete(`${accountId}#${endpointId}`);
  }

  override async deleteAccount(accountId: string): Promise<AccountRemoval> {
    const removal = await super.deleteAccount(accountId);
    if (removal === 'unfinished-tasks') return removal;
    for (const { id } of this.#endpointsOf(accountId)) this.#endpoints.delete(`${accountId}#${id}`);
    this.#signing.delete(accountId);
    return removal;
  }

  async loadSigning(accountId: string): Promise<AccountSigning | undefined> {
    return this.#signing.get(accountId);
  }

  async saveSigning(signing: AccountSigning): Promise<boolean> {
    if ((this.#signing.get(signing.accountId)?.version ?? 0) !== signing.version - 1) return false;
    this.#signing.set(signing.accountId, deepFreeze(signing));
    return true;
  }

  async addDelivery(delivery: Delivery): Promise<Delivery | undefined> {
    const { deliveries } = this.#lane(delivery.laneId, delivery.accountId);
    const known = deliveries.get(delivery.id);
    if (!known) deliveries.set(delivery.id, deepFreeze(delivery));
    return known;
  }

  async enqueue(delivery: Delivery): Promise<void> {
    this.#enqueue(this.#lane(delivery.laneId, delivery.accountId), laneEntryOf(delivery));
  }

  async loadDeliveries(keys: readonly DeliveryKey[]): Promise<readonly Delivery[]> {
    return keys.flatMap(({ laneId, id }) => this.#lanes.get(laneId)?.deliveries.get(id) ?? []);
  }

  async saveDelivery(before: Delivery, after: Delivery, options: SaveOptions = {}): Promise<boolean> {
    const { event, wasEnqueued = true } = options;
    const entry = this.#lane(before.laneId, before.accountId);
    if (entry.deliveries.get(before.id)?.version !== before.version) return false;
    entry.deliveries.set(after.id, deepFreeze(after));
    if (wasEnqueued) this.#removeEntry(entry, laneEntryOf(before));
    this.#enqueue(entry, laneEntryOf(after));
    if (event) this.logEvent(event);
    return true;
  }

  async laneEntries(laneId: string, limit: number, kind?: EntryKind): Promise<readonly LaneEntry[]> {
    const places = this.#lanes.get(laneId)?.entries;
    if (!places) return [];
    const kinds = kind ? [kind] : (['first', 'retry'] as const);
    return kinds.flatMap((one) => places[one].head(limit)).slice(0, limit);
  }

  async removeEntry(laneId: string, laneEntry: LaneEntry): Promise<void> {
    const entry = this.#lanes.get(laneId);
    if (entry) this.#removeEntry(entry, laneEntry);
  }

  async listDeliveries(query: DeliveryQuery): Promise<DeliveryPage> {
    const { laneId, limit, status, cursor } = query;
    const from = this.#readCursor(laneId, cursor);
    const found: Delivery[] = [];
    for (const delivery of this.#lanes.get(laneId)?.deliveries.backwards(from) ?? []) {
      if ((status !== undefined && delivery.status !== status) || !matchesDelivery(delivery, query)) continue;
      if (found.length === limit) {
        return { deliveries: found, cursor: this.deliveryCursorAfter({ laneId, id: found.at(-1)?.id ?? '' }) };
      }
      found.push(delivery);
    }
    return { deliveries: found };
  }

  deliveryCursorAfter({ laneId, id }: DeliveryKey): string {
    return `${laneId} ${id}`;
  }

  async oldestPending(laneId: string, fromId: string): Promise<OldestPending> {
    const rows = this.#lanes.get(laneId)?.deliveries.from(fromId) ?? [];
    const delivery = rows.find(({ status }) => status === 'pending');
    return delivery ? { kind: 'found', delivery } : { kind: 'none' };
  }

  async loadLane(laneId: string): Promise<Lane | undefined> {
    return this.#lanes.get(laneId)?.lane;
  }

  async loadRestingLane(laneId: string): Promise<Lane | undefined> {
    const entry = this.#lanes.get(laneId);
    const isHeld = entry?.holder !== undefined && entry.holder.until > this.clock.now();
    return isHeld || this.#dueLanes.has(laneId) ? undefined : entry?.lane;
  }

  async claimLane(claim: Parameters<LaneStore['claimLane']>[0]): Promise<LaneClaim> {
    const { laneId, accountId, holderId, leaseMs, isQuiet } = claim;
    const entry = this.#lane(laneId, accountId);
    const now = this.clock.now();
    if (entry.holder && entry.holder.until > now && entry.holder.id !== holderId) {
      if (!isQuiet) entry.wanted += 1;
      return { kind: 'held-by-another' };
    }
    const { pausedUntil } = entry.lane;
    if (pausedUntil !== undefined && pausedUntil > now) {
      const due = this.#dueLanes.get(laneId);
      if (!due || due.at > pausedUntil) this.#dueLanes.set(laneId, { at: pausedUntil, by: 'sweep' });
      return { kind: 'paused', until: pausedUntil };
    }
    entry.holder = { id: holderId, until: now + leaseMs };
    entry.wanted += 1;
    this.#dueLanes.set(laneId, { at: now + leaseMs, by: 'doorbell' });
    return { kind: 'claimed-by-us', lane: entry.lane, wanted: entry.wanted };
  }

  async releaseLane({ lane, wanted, holderId, due }: LaneRelease): Promise<LaneReleased> {
    const entry = this.#lanes.get(lane.id);
    if (entry?.holder?.id !== holderId) return { kind: 'lost' };
    if (entry.wanted !== wanted) return { kind: 'wanted', wanted: entry.wanted };
    entry.lane = deepFreeze(lane);
    entry.holder = undefined;
    if (due) this.#dueLanes.set(lane.id, due);
    else this.#dueLanes.delete(lane.id);
    return { kind: 'released' };
  }

  async wakeLane(lane: { readonly laneId: string; readonly accountId: string }, dueAt: number): Promise<void> {
    this.#lane(lane.laneId, lane.accountId).wanted += 1;
    this.#dueLanes.set(lane.laneId, { at: dueAt, by: 'doorbell' });
  }

  async changeLane(laneId: string, change: (lane: Lane) => Lane): Promise<boolean> {
    const entry = this.#lanes.get(laneId);
    if (entry?.holder && entry.holder.until > this.clock.now()) return false;
    if (entry) entry.lane = deepFreeze(change(entry.lane));
    return true;
  }

  async oldestUndelivered(): Promise<number | undefined> {
    const times = [...this.#lanes.values()].flatMap(({ lane }) => lane.undeliveredSince ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async postpone(
    row: DueRow,
    untilOf: (times: number) => number,
  ): Promise<{ readonly by: 'doorbell' | 'sweep' } | undefined> {
    const rows = row.kind === 'event' ? this.#dueEvents : this.#dueLanes;
    const due = rows.get(row.id);
    if (!due || due.at !== row.dueAt) return undefined;
    const timesPostponed = (due.timesPostponed ?? 0) + 1;
    rows.set(row.id, { ...due, at: untilOf(timesPostponed), timesPostponed });
    return { by: due.by };
  }

  /** What a crash between two writes leaves in DynamoDB: the delivery moved on, and its old entry remains. */
  leaveBehind(before: Delivery, after: Delivery): void {
    const entry = this.#lane(before.laneId, before.accountId);
    this.#removeEntry(entry, laneEntryOf(after));
    this.#enqueue(entry, laneEntryOf(before));
  }

  /** Every event and delivery, for auditors and tests; no port has these. */
  allEvents(): readonly LoggedEvent[] {
    return [...this.#logs.values()].flatMap((log) => log.head(Number.POSITIVE_INFINITY));
  }

  allDeliveries(): readonly Delivery[] {
    return [...this.#lanes.values()].flatMap(({ deliveries }) => deliveries.head(Number.POSITIVE_INFINITY));
  }

  /** The event of an end: due with its task, if that holds it as open, and where it finds it. */
  protected logEnd(event: OutboxEvent, isOpen: boolean): void {
    const key = this.logEvent(event);
    if (!isOpen || key.position !== event.at) return;
    this.#dueEvents.delete(dueEventId(key));
    this.#dueWithTask.add(dueEventId(key));
  }

  /** Puts an event behind whatever a reader of its account's log has passed. */
  protected logEvent(event: OutboxEvent, from: number = event.at): EventKey {
    const position = Math.max(from, (this.#fences.get(event.accountId) ?? -1) + 1);
    const log = this.#logs.get(event.accountId) ?? new SortedRows<LoggedEvent>();
    this.#logs.set(event.accountId, log);
    const logged = deepFreeze({ event, position });
    log.set(placeOf(position, event.id), logged);
    this.#dueEvents.set(this.#dueId(logged), { at: position + limits.eventGraceMs, by: 'doorbell' });
    return { accountId: event.accountId, position, id: event.id };
  }

  protected dueWebhooks(shard: number, now: number): DueRow[] {
    const rowsOf = (kind: 'event' | 'lane', due: ReadonlyMap<string, Due>): DueRow[] =>
      [...due].flatMap(([id, { at }]) =>
        at <= now && dueShardOf(id) === dueShardName(shard) ? [{ kind, id, dueAt: at }] : [],
      );
    return [...rowsOf('event', this.#dueEvents), ...rowsOf('lane', this.#dueLanes)];
  }

  #dueId({ event, position }: LoggedEvent): string {
    return dueEventId({ accountId: event.accountId, position, id: event.id });
  }

  #endpointsOf(accountId: string): WebhookEndpoint[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.accountId === accountId);
  }

  #lane(laneId: string, accountId: string): MemoryLane {
    const known = this.#lanes.get(laneId);
    if (known) return known;
    const entries = { first: new SortedRows<LaneEntry>(), retry: new SortedRows<LaneEntry>() };
    const lane = deepFreeze(newLane(laneId, accountId));
    const entry = { accountId, lane, wanted: 0, holder: undefined, deliveries: new SortedRows<Delivery>(), entries };
    this.#lanes.set(laneId, entry);
    return entry;
  }

  #enqueue(entry: MemoryLane, laneEntry: LaneEntry | undefined): void {
    if (laneEntry) entry.entries[laneEntry.kind].set(placeOf(laneEntry.at, laneEntry.deliveryId), laneEntry);
  }

  #removeEntry(entry: MemoryLane, laneEntry: LaneEntry | undefined): void {
    if (laneEntry) entry.entries[laneEntry.kind].delete(placeOf(laneEntry.at, laneEntry.deliveryId));
  }

  #readCursor(laneId: string, cursor: string | undefined): string | undefined {
    if (cursor === undefined) return undefined;
    const [lane, id] = cursor.split(' ');
    if (lane !== laneId || id === undefined) throw new RelayError('bad-cursor', 'not a cursor of this list');
    return id;
  }
}
