// What the webhook flows need of the world in addition to ports.ts: the log of events, endpoints, deliveries, lanes,
// and the caller. Adapters and memory doubles implement them; one conformance suite holds both to these contracts.
import type { AddressRefusal } from '../domain/webhook/address-rules.ts';
import type { CallResult, Delivery, DeliveryStatus, LaneEntry, EntryKind } from '../domain/webhook/delivery.ts';
import type { DeliveryFilter } from '../domain/webhook/delivery-filter.ts';
import type { Lane } from '../domain/webhook/lane.ts';
import type { EventKey, LoggedEvent, OutboxEvent } from '../domain/webhook/outbox-event.ts';
import type { AccountSigning, WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { DueRow } from './ports.ts';

/** The position of a reader in an account's log: behind this event. */
export type EventPlace = Pick<EventKey, 'position' | 'id'>;

export interface EventStore {
  /** Strongly consistent. Also finds an event that is a little behind the given position. */
  loadEvent(key: EventKey): Promise<StoredEvent | undefined>;
  /**
   * An account's events in order, strongly consistent. A reader that continues from its last position misses nothing:
   * an event that is written later gets a later position, whatever its own time is.
   */
  readEvents(accountId: string, after: EventPlace, limit: number): Promise<readonly StoredEvent[]>;
  /**
   * The event at a position that no reader can have passed unseen: if it was written without checking the readers'
   * progress, it is moved behind that, unless a reader has already seen it.
   * @param eventFence as loadReceivers gave it in a call that began after this event was seen: a reader who raises the
   *   fence later reads the log after that, and meets the event. An older fence proves nothing.
   */
  guardEvent(stored: StoredEvent, eventFence: number): Promise<StoredEvent>;
  /** Records what a task's end is fanned out to, so that a list of the task's deliveries finds them. */
  noteDeliveries(logged: LoggedEvent, deliveries: readonly DeliveryKey[]): Promise<void>;
  /**
   * Each delivery of the event is over or queued in its lane: the event needs no further work. One that is due with its
   * task is closed there, by `end-handed-on`.
   */
  closeEvent(logged: LoggedEvent): Promise<void>;
  /** The lanes and ids that a task's ends were fanned out to. */
  deliveriesOfTask(taskId: string): Promise<readonly DeliveryKey[]>;
}

export interface StoredEvent extends LoggedEvent {
  /** False until every lane has received it. Of one that is due with its task only the task knows: then always false. */
  readonly isClosed: boolean;
  /** True for the event of an end that has no due of its own: the task's open end brings it forward. */
  readonly isDueWithTask?: boolean;
  /** True when it was written without checking how far the log had been read. */
  readonly isUnguarded?: boolean;
}

export interface DeliveryKey {
  readonly laneId: string;
  readonly id: string;
}

export interface AccountReceivers {
  /** As listEndpoints gives them. */
  readonly endpoints: readonly WebhookEndpoint[];
  /** The account's own secrets. Where they are missing there may still be some, which loadSigning finds. */
  readonly signing: AccountSigning | undefined;
  /** The last position of the account's log that a reader may have passed; -1 before the first. */
  readonly eventFence: number;
}

export interface EndpointStore {
  /**
   * `too-many`: the account has as many endpoints as it may have.
   * @param endpointsMax the account's bound. @default limits.webhookEndpointsMax
   */
  createEndpoint(endpoint: WebhookEndpoint, endpointsMax?: number): Promise<'created' | 'too-many'>;
  loadEndpoint(accountId: string, endpointId: string): Promise<WebhookEndpoint | undefined>;
  /** By its id alone: for operators. */
  findEndpoint(endpointId: string): Promise<WebhookEndpoint | undefined>;
  /** All endpoints of an account, oldest first, including disabled ones; strongly consistent. */
  listEndpoints(accountId: string): Promise<readonly WebhookEndpoint[]>;
  /** What an event is fanned out by, strongly consistent: nothing of it is older than the call. */
  loadReceivers(accountId: string): Promise<AccountReceivers>;
  /**
   * Saves version n over version n - 1; false when another writer was faster.
   * @param event written in the same transaction, so that an owner learns of everything that is disabled.
   */
  saveEndpoint(endpoint: WebhookEndpoint, event?: OutboxEvent): Promise<boolean>;
  /** False for an unknown endpoint. */
  deleteEndpoint(accountId: string, endpointId: string): Promise<boolean>;
  loadSigning(accountId: string): Promise<AccountSigning | undefined>;
  /** Saves version n over version n - 1, or the first over nothing; false when another writer was faster. */
  saveSigning(signing: AccountSigning): Promise<boolean>;
}

export interface DeliveryQuery extends DeliveryFilter {
  readonly laneId: string;
  readonly limit: number;
  readonly status?: DeliveryStatus | undefined;
  /** Opaque, from an earlier page. */
  readonly cursor?: string | undefined;
}

export interface DeliveryPage {
  /** Newest first. */
  readonly deliveries: readonly Delivery[];
  readonly cursor?: string | undefined;
}

export interface DeliveryStore {
  /** Creates a delivery without a lane entry; an existing one is left unchanged and returned. */
  addDelivery(delivery: Delivery): Promise<Delivery | undefined>;
  /** Enqueues a pending delivery in its lane, where it may be queued already. */
  enqueue(delivery: Delivery): Promise<void>;
  /** Strongly consistent; unknown ones are left out. */
  loadDeliveries(keys: readonly DeliveryKey[]): Promise<readonly Delivery[]>;
  /**
   * Records the result of a decision about a delivery and moves it to its new place, or out of the lane.
   * False when another writer was faster than `before`.
   */
  saveDelivery(before: Delivery, after: Delivery, options?: SaveOptions): Promise<boolean>;
  /** The entries of a lane, in order: first attempts, then all others, or one of the two; strongly consistent. */
  laneEntries(laneId: string, limit: number, kind?: EntryKind): Promise<readonly LaneEntry[]>;
  /** Removes a lane entry that its delivery no longer has. */
  removeEntry(laneId: string, entry: LaneEntry): Promise<void>;
  /** @throws RelayError `bad-cursor`. */
  listDeliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  /** The cursor of a page that ends with this delivery, for callers that show fewer than were found. */
  deliveryCursorAfter(key: DeliveryKey): string;
  /** The oldest delivery of a lane that is still pending, at or after an id; examines a bounded number. */
  oldestPending(laneId: string, fromId: string): Promise<OldestPending>;
}

export interface SaveOptions {
  /** Written in the same transaction. */
  readonly event?: OutboxEvent | undefined;
  /** False when `before` was never queued in its lane, because its writer called at once. @default true */
  readonly wasEnqueued?: boolean | undefined;
}

export type OldestPending =
  | { readonly kind: 'found'; readonly delivery: Delivery }
  | { readonly kind: 'none' }
  /** Too many to examine in one call: none among those up to this id. */
  | { readonly kind: 'looked-up-to'; readonly id: string };

/** A lane has one holder; others see that it is held. */
export interface ClaimedLane {
  readonly lane: Lane;
  /** Raised by each caller that brings something to the lane, so that its holder does not leave it behind. */
  readonly wanted: number;
}

export type LaneClaim =
  | ({ readonly kind: 'claimed-by-us' } & ClaimedLane)
  /** Another holder works it, and checks again before it leaves if it was notified. */
  | { readonly kind: 'held-by-another' }
  | { readonly kind: 'paused'; readonly until: number };

export interface LaneRelease {
  /** As it was when claimed. */
  readonly before: Lane;
  readonly lane: Lane;
  /** What the holder knew when it last found nothing to do. */
  readonly wanted: number;
  readonly holderId: string;
  /** When the lane needs its next visit; absent when it has no entries. */
  readonly due?: { readonly at: number; readonly by: 'doorbell' | 'sweep' } | undefined;
}

export type LaneReleased =
  | { readonly kind: 'released' }
  /** Something arrived meanwhile: check again, with this. */
  | { readonly kind: 'wanted'; readonly wanted: number }
  /** The lease ran out and another holder has taken the lane. */
  | { readonly kind: 'lost' };

export interface LaneStore {
  loadLane(laneId: string): Promise<Lane | undefined>;
  /** The lane if it has no holder and no entries; undefined otherwise. Strongly consistent. */
  loadRestingLane(laneId: string): Promise<Lane | undefined>;
  /**
   * Takes the lane for `leaseMs`, creating it if needed, unless it is held or paused. Its holder is notified that
   * something arrived, so the arrival must be in the lane before; `isQuiet` suppresses that.
   */
  claimLane(claim: {
    readonly laneId: string;
    readonly accountId: string;
    readonly holderId: string;
    readonly leaseMs: number;
    readonly isQuiet?: boolean | undefined;
  }): Promise<LaneClaim>;
  /** Releases the lane with its state; a holder whose lease has run out changes nothing. */
  releaseLane(release: LaneRelease): Promise<LaneReleased>;
  /** Records that something was brought to the lane, so that it is due at `dueAt` even if the doorbell is lost. */
  wakeLane(lane: { readonly laneId: string; readonly accountId: string }, dueAt: number): Promise<void>;
  /** Changes a lane without a holder, for its owner; false while it has one. */
  changeLane(laneId: string, change: (lane: Lane) => Lane): Promise<boolean>;
  /** Time of the event that has waited longest for its delivery, over all lanes, eventually consistent; undefined when nothing waits. */
  oldestUndelivered(): Promise<number | undefined>;
}

/** What the sweep needs to re-drive overdue events and lanes. */
export interface WebhookDue {
  /**
   * Postpones the row's due, unless it has moved since it was read.
   * @param untilOf when the row is due next, by how often it was postponed in a row, this time included: 1, 2, …
   * @returns whether a doorbell should have brought a function to it; undefined when it had moved.
   */
  postpone(row: DueRow, untilOf: (times: number) => number): Promise<{ readonly by: 'doorbell' | 'sweep' } | undefined>;
}

export type WebhookStore = EventStore & EndpointStore & DeliveryStore & LaneStore & WebhookDue;

export interface WebhookCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that were signed. */
  readonly body: string;
  /** Including the answer's body. */
  readonly timeoutMs: number;
  /** Ends the call early, as a call that timed out. */
  readonly cut?: AbortSignal | undefined;
}

export interface WebhookCaller {
  /** One POST. Never throws: a failing receiver is a result. */
  call(call: WebhookCall): Promise<CallResult>;
  /** Judges a URL with what its name resolves to now. A name that does not resolve is accepted: the dial decides. */
  judge(url: string): Promise<AddressRefusal>;
}
