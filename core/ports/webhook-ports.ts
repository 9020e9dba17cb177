// What the webhook flows need of the world beside ports.ts: the log of events, endpoints, deliveries, lanes,
// and the caller. Adapters and memory doubles fill them; one conformance suite holds both to these words.
import type { AddressRefusal } from '../domain/webhook/address-rules.ts';
import type { CallResult, Delivery, DeliveryStatus, LaneEntry, EntryKind } from '../domain/webhook/delivery.ts';
import type { Lane } from '../domain/webhook/lane.ts';
import type { EventKey, LoggedEvent, OutboxEvent } from '../domain/webhook/outbox-event.ts';
import type { AccountSigning, WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { DueRow } from './ports.ts';

/** Where a reader of an account's log stands: behind this event. */
export type EventPlace = Pick<EventKey, 'position' | 'id'>;

export interface EventStore {
  /** Strongly consistent. Also finds an event that lies a little behind the position named. */
  loadEvent(key: EventKey): Promise<StoredEvent | undefined>;
  /**
   * An account's events in order, strongly consistent. Whoever has read up to a place and goes on from there misses
   * nothing: an event that is written later gets a later position, whatever its own time says.
   */
  readEvents(accountId: string, after: EventPlace, limit: number): Promise<readonly StoredEvent[]>;
  /**
   * The event as it stands once no reader can have passed it unseen: where it was written without a look at what had been
   * read, it is put behind that, unless a reader has seen it where it stands.
   */
  guardEvent(stored: StoredEvent): Promise<StoredEvent>;
  /** Notes what a task's end is handed to, so that whoever lists the task's deliveries finds these. */
  noteDeliveries(logged: LoggedEvent, deliveries: readonly DeliveryKey[]): Promise<void>;
  /** Each delivery of the event is over or stands in its lane: nobody has to come back to the event itself. */
  closeEvent(logged: LoggedEvent): Promise<void>;
  /** The lanes and ids of what a task's ends were handed to. */
  deliveriesOfTask(taskId: string): Promise<readonly DeliveryKey[]>;
}

export interface StoredEvent extends LoggedEvent {
  /** False until it has been handed to every lane. */
  readonly isClosed: boolean;
  /** True when it was written without a look at what had been read of the log already. */
  readonly isUnguarded?: boolean;
}

export interface DeliveryKey {
  readonly laneId: string;
  readonly id: string;
}

export interface EndpointStore {
  /**
   * `too-many`: the account has as many endpoints as it may.
   * @param endpointsMax the account's bound. @default LIMITS.webhookEndpointsMax
   */
  createEndpoint(endpoint: WebhookEndpoint, endpointsMax?: number): Promise<'created' | 'too-many'>;
  loadEndpoint(accountId: string, endpointId: string): Promise<WebhookEndpoint | undefined>;
  /** All of an account, oldest first, disabled ones too; strongly consistent. */
  listEndpoints(accountId: string): Promise<readonly WebhookEndpoint[]>;
  /**
   * Saves version n over version n - 1; false when somebody was faster.
   * @param event written in the same transaction, so that nothing is disabled without its owner being told.
   */
  saveEndpoint(endpoint: WebhookEndpoint, event?: OutboxEvent): Promise<boolean>;
  /** False for an unknown one. */
  deleteEndpoint(accountId: string, endpointId: string): Promise<boolean>;
  loadSigning(accountId: string): Promise<AccountSigning | undefined>;
  /** Saves version n over version n - 1, or the first over nothing; false when somebody was faster. */
  saveSigning(signing: AccountSigning): Promise<boolean>;
}

export interface DeliveryQuery {
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
  /** Makes a delivery without a lane entry; one that exists is left as it is and answered. */
  addDelivery(delivery: Delivery): Promise<Delivery | undefined>;
  /** Stands a pending delivery in its lane, where it may stand already. */
  enqueue(delivery: Delivery): Promise<void>;
  /** Strongly consistent; unknown ones are left out. */
  loadDeliveries(keys: readonly DeliveryKey[]): Promise<readonly Delivery[]>;
  /**
   * Records what a decision made of a delivery and moves it to where it now stands, or out of the lane.
   * False when somebody was faster than `before`.
   */
  saveDelivery(before: Delivery, after: Delivery, options?: SaveOptions): Promise<boolean>;
  /** Who stands in a lane, in order: first attempts, then all others, or one of the two; strongly consistent. */
  laneEntries(laneId: string, limit: number, kind?: EntryKind): Promise<readonly LaneEntry[]>;
  /** Takes a place out of the lane that its delivery does not stand at any more. */
  removeEntry(laneId: string, entry: LaneEntry): Promise<void>;
  /** @throws RelayError `bad-cursor`. */
  listDeliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  /** The cursor of a page that ends with this delivery, for who shows fewer than were found. */
  deliveryCursorAfter(key: DeliveryKey): string;
  /** The oldest delivery of a lane that is still pending, at or after an id; looks at a bounded number. */
  oldestPending(laneId: string, fromId: string): Promise<OldestPending>;
}

export interface SaveOptions {
  /** Written in the same transaction. */
  readonly event?: OutboxEvent | undefined;
  /** False when `before` never stood in its lane, because whoever made it called at once. @default true */
  readonly wasEnqueued?: boolean | undefined;
}

export type OldestPending =
  | { readonly kind: 'found'; readonly delivery: Delivery }
  | { readonly kind: 'none' }
  /** Too many to look at in one call: none among those up to this id. */
  | { readonly kind: 'looked-up-to'; readonly id: string };

/** A lane that one holder works; others see that it is held. */
export interface ClaimedLane {
  readonly lane: Lane;
  /** Raised by whoever brings something to the lane, so that its holder does not leave it behind. */
  readonly wanted: number;
}

export type LaneClaim =
  | ({ readonly kind: 'claimed-by-us' } & ClaimedLane)
  /** Somebody works it, and looks again before he leaves if he was told. */
  | { readonly kind: 'held-by-another' }
  | { readonly kind: 'paused'; readonly until: number };

export interface LaneRelease {
  /** As it was claimed. */
  readonly before: Lane;
  readonly lane: Lane;
  /** What the holder knew when it last found nothing to do. */
  readonly wanted: number;
  readonly holderId: string;
  /** When somebody must come back to the lane; absent when nothing stands in it. */
  readonly due?: { readonly at: number; readonly by: 'doorbell' | 'sweep' } | undefined;
}

export type LaneReleased =
  | { readonly kind: 'released' }
  /** Somebody has brought something meanwhile: look again, with this. */
  | { readonly kind: 'wanted'; readonly wanted: number }
  /** The lease ran out and another has taken the lane. */
  | { readonly kind: 'lost' };

export interface LaneStore {
  loadLane(laneId: string): Promise<Lane | undefined>;
  /** A lane that nobody holds and in which nothing stands; undefined for any other. Strongly consistent. */
  loadRestingLane(laneId: string): Promise<Lane | undefined>;
  /**
   * Takes the lane for `leaseMs`, making it where there is none, unless it is held or paused. Its holder is told that
   * something came, so whatever came must stand in the lane before; `isQuiet` leaves him alone.
   */
  claimLane(claim: {
    readonly laneId: string;
    readonly accountId: string;
    readonly holderId: string;
    readonly leaseMs: number;
    readonly isQuiet?: boolean | undefined;
  }): Promise<LaneClaim>;
  /** Gives the lane back with its state; whoever held it longer than its lease changes nothing. */
  releaseLane(release: LaneRelease): Promise<LaneReleased>;
  /** Says that something was brought to the lane, so that somebody comes by `dueAt` even if no doorbell is heard. */
  wakeLane(lane: { readonly laneId: string; readonly accountId: string }, dueAt: number): Promise<void>;
  /** Changes a lane that nobody holds, for its owner; false while somebody does. */
  changeLane(laneId: string, change: (lane: Lane) => Lane): Promise<boolean>;
  /** Time of the event that has waited longest for its delivery, over all lanes; undefined when nothing waits. */
  oldestUndelivered(): Promise<number | undefined>;
}

/** What sweep needs to pass on what is overdue among events and lanes. */
export interface WebhookDue {
  /**
   * Puts the row's due off, unless it has moved since it was read.
   * @param untilOf when the row is due next, by how often it was put off in a row, this time included: 1, 2, …
   * @returns whether somebody was to have come for it by a doorbell; undefined when it had moved.
   */
  postpone(row: DueRow, untilOf: (times: number) => number): Promise<{ readonly by: 'doorbell' | 'sweep' } | undefined>;
}

export type WebhookStore = EventStore & EndpointStore & DeliveryStore & LaneStore & WebhookDue;

export interface WebhookCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that were signed. */
  readonly body: string;
  /** The answer's body included. */
  readonly timeoutMs: number;
  /** Ends the call before its time, as a call that timed out. */
  readonly cut?: AbortSignal | undefined;
}

export interface WebhookCaller {
  /** One POST. Never throws: a receiver that fails is a result. */
  call(call: WebhookCall): Promise<CallResult>;
  /** Judges a URL with what its name resolves to now. A name that does not resolve is let through: the dial decides. */
  judge(url: string): Promise<AddressRefusal>;
}
