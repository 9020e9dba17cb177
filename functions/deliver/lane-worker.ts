// Works a receiver's lane: its holder makes its calls, several at once, until nothing is due, the receiver is in
// trouble or the time is up. One holder per lane keeps a slow receiver from delaying others: however many of its
// webhooks wait, they keep only one run busy. record-attempt.ts decides what a call means.
import { callsAtOnce, deferred, isTrusted, takeCall } from '../../core/domain/webhook/lane.ts';
import { isSuccess } from '../../core/domain/webhook/delivery.ts';
import { laneLeaseMs } from '../../core/domain/webhook/delivery-policy.ts';
import { deliveryContext } from './deliver-ports.ts';
import { sendDoorbells } from '../../core/flows/send-doorbells.ts';
import { planRelease } from './lane-release.ts';
import { viewLane } from './lane-queue.ts';
import { applyToDelivery, recordCall } from './record-attempt.ts';
import { callReceiver } from './receiver-call.ts';
import { loadReceiver } from './receiver.ts';
import type { LaneWorkerState } from '../../core/domain/webhook/lane-worker-states.ts';
import type { CallResult, Delivery, EntryKind } from '../../core/domain/webhook/delivery.ts';
import type { ClaimedLane } from '../../core/ports/webhook-ports.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { OutboxEvent } from '../../core/domain/webhook/outbox-event.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';
import type { LaneState } from './record-attempt.ts';
import type { ReadyReceiver, Receiver } from './receiver.ts';
import type { RunShare } from './run-share.ts';

/** How often a holder whose calls are under way checks for new entries. */
const RECHECK_MS = 100;
/** Changes of an endpoint take effect within this time, even while its lane is being worked. */
const RECEIVER_MS = 2_000;

/**
 * Claims the lane, or notifies its holder that something arrived; undefined when there is nothing for us to do.
 * @param isQuiet notifies no holder: the arrival is not in the lane yet.
 */
export async function claimLane(
  ports: DeliverPorts,
  name: LaneName,
  { share, isQuiet = false }: { readonly share: RunShare; readonly isQuiet?: boolean | undefined },
): Promise<LaneWorker | undefined> {
  const holderId = ports.randomSource.id();
  const leaseMs = laneLeaseMs(ports.settings.deliveries);
  const claim = await ports.store.claimLane({ ...name, holderId, leaseMs, isQuiet });
  return claim.kind === 'claimed-by-us' ? new LaneWorker(ports, { name, claim, holderId, share }) : undefined;
}

function ignore(): void {
  return undefined;
}

/** A delivery that was just created, with what need not be read. */
export interface FreshDelivery {
  readonly delivery: Delivery;
  readonly event: OutboxEvent;
  /** The lane's receiver, if it was read a moment ago. */
  readonly receiver?: Receiver | undefined;
}

/** What is known of a delivery whose call is started. */
interface Known {
  readonly event?: OutboxEvent;
  /** False for a fresh delivery, which is enqueued only if its first call fails. */
  readonly isEnqueued: boolean;
}

interface Holding {
  readonly name: LaneName;
  readonly claim: ClaimedLane;
  readonly holderId: string;
  /** What the run may do for the lane's account. */
  readonly share: RunShare;
}

/** The worker's state in lane-worker-states.ts's table. */
interface Phase {
  readonly state: LaneWorkerState;
  /** Its state before it began to leave, resumed if something came meanwhile. */
  readonly resumes?: Phase | undefined;
  /** The first fault of the relay itself; kept after the end, for those who wait for its deliveries. */
  readonly fault?: { readonly error: unknown } | undefined;
}

/** One holder's work on a lane, from claim to release. */
export class LaneWorker {
  readonly #ports: DeliverPorts;
  readonly #name: LaneName;
  readonly #holderId: string;
  readonly #share: RunShare;
  readonly #before: Lane;
  readonly #until: number;
  #wanted: number;
  /** What is known of the receiver; each call learns on top of the last. */
  readonly #state: LaneState;
  #receiver: Receiver = { kind: 'disabled' };
  #receiverAt = Number.NEGATIVE_INFINITY;
  #readingReceiver: Promise<void> | undefined;
  /** Calls under way, by delivery; they never reject. */
  readonly #calls = new Map<string, { readonly kind: EntryKind; readonly done: Promise<void> }>();
  #rateUntil = 0;
  /** Just created, neither under way nor queued yet; these never reject. */
  readonly #arrivals = new Set<Promise<void>>();
  /** When the last view found the next entry due, as long as nothing has moved since that view began. */
  #seen: { readonly nextAt: number | undefined } | undefined;
  #moves = 0;
  #phase: Phase = { state: 'working' };

  constructor(ports: DeliverPorts, { name, claim: { lane, wanted }, holderId, share }: Holding) {
    this.#ports = ports;
    this.#name = name;
    this.#share = share;
    this.#holderId = holderId;
    // A lane that was created by a claim knows its account from there.
    this.#before = { ...lane, accountId: name.accountId };
    this.#state = { lane: this.#before };
    this.#wanted = wanted;
    this.#until = ports.clock.now() + ports.settings.deliveries.laneWorkMs;
  }

  /**
   * Calls with what was just created, which is not stored yet, before anything else of the lane.
   * @returns a promise that resolves when it is recorded or queued in the lane, to be awaited beside run(); undefined
   *   when the lane is being released, and the delivery has to be brought another way.
   */
  begin(fresh: FreshDelivery): Promise<void> | undefined {
    if (this.#phase.state === 'leaving' || this.#phase.state === 'gone') return undefined;
    const arriving = this.#arrive(fresh);
    // Until it is under way or queued, the lane must not be found empty and released.
    const arrival = arriving.then(ignore, ignore).finally(() => this.#arrivals.delete(arrival));
    this.#arrivals.add(arrival);
    return this.#recorded(fresh, arriving);
  }

  /** Records the result of a call that was made before the lane was claimed; to be called before run(). */
  async learn(delivery: Delivery, call: { readonly startedAt: number; readonly result: CallResult }): Promise<void> {
    const isDisabled = await recordCall(this.#ports, this.#state, delivery, { ...call, isEnqueued: false });
    if (isDisabled) this.#receiver = { kind: 'disabled' };
    this.#moved();
  }

  async #recorded({ delivery }: FreshDelivery, arriving: Promise<void>): Promise<void> {
    await arriving;
    await this.#calls.get(delivery.id)?.done;
    this.#throwFault();
  }

  #throwFault(): void {
    if (this.#phase.fault) throw this.#phase.fault.error;
  }

  async #arrive({ delivery, event, receiver }: FreshDelivery): Promise<void> {
    // Only if nothing is known yet: the next event's view may be older than what the last call showed.
    if (receiver && this.#receiverAt === Number.NEGATIVE_INFINITY) {
      this.#receiver = receiver;
      this.#receiverAt = this.#now();
    }
    await this.#refreshReceiver();
    const isAdmitted = this.#receiver.kind === 'ready' && this.#mayBegin() && (await this.#isAdmitted());
    const ready = isAdmitted && this.#receiver.kind === 'ready' ? this.#receiver : undefined;
    const isBegun = ready && this.#beginCall(ready, delivery, 'first', { event, isEnqueued: false });
    if (isBegun) return;
    await this.#ports.store.enqueue(delivery);
    this.#moved();
  }

  /** @throws the store's errors; the lane is then free when its lease is over. */
  async run(): Promise<void> {
    try {
      await this.#work();
    } finally {
      this.#phase = { state: 'gone', fault: this.#phase.fault };
    }
  }

  async #work(): Promise<void> {
    for (;;) {
      await Promise.all(this.#arrivals);
      const begun = await this.#begin();
      if (this.#calls.size > 0) await this.#awaitCall();
      else if (this.#phase.fault) this.#throwFault();
      else if (begun || this.#arrivals.size > 0) continue;
      else if (await this.#mayWaitForRate()) await this.#ports.clock.sleep(this.#rateUntil - this.#now());
      else if (await this.#release()) return;
    }
  }

  #now(): number {
    return this.#ports.clock.now();
  }

  #awaitCall(): Promise<void> {
    const { clock } = this.#ports;
    const calls = [...this.#calls.values()].map(({ done }) => done);
    // With room for more calls, new entries must not wait for the slowest of these.
    return this.#mayBegin() ? Promise.race([...calls, clock.sleep(RECHECK_MS)]) : Promise.race(calls);
  }

  #mayBegin(): boolean {
    const now = this.#now();
    return this.#phase.state === 'working' && now < this.#until && this.#room(now) > 0;
  }

  /** Whether the account's share lets this run call now; once it does not, the lane is released. */
  async #isAdmitted(at = this.#now()): Promise<boolean> {
    const isAdmitted = await this.#share.mayCall(this.#state.lane, at);
    if (!isAdmitted && this.#phase.state === 'working') this.#phase = { state: 'put-off' };
    return isAdmitted;
  }

  #allowed(now: number): number {
    return callsAtOnce(this.#state.lane, now, this.#ports.settings.deliveries);
  }

  #room(now: number): number {
    return this.#allowed(now) - this.#calls.size;
  }

  /** Waiting for the endpoint's own rate occupies the run as much as a call does. */
  async #mayWaitForRate(): Promise<boolean> {
    const isSoon = this.#rateUntil > this.#now() && this.#rateUntil < this.#until;
    return isSoon && this.#phase.state === 'working' && (await this.#isAdmitted(this.#rateUntil));
  }

  /** Starts what is due, as far as there is room; true when anything moved. */
  async #begin(): Promise<boolean> {
    if (!this.#mayBegin()) return false;
    // Nothing was due at the last view, and later arrivals have notified us: the release will find that out.
    if (this.#calls.size === 0 && this.#isNothingDue()) return false;
    await this.#refreshReceiver();
    const view = await this.#viewLane();
    let isFurther = view.isTidied;
    for (const { delivery, kind } of view.due) {
      const receiver = this.#receiver;
      if (receiver.kind === 'deleted' || delivery.expiresAt < this.#now()) {
        const reason = receiver.kind === 'deleted' ? 'endpoint-deleted' : 'too-old';
        await applyToDelivery(this.#ports, delivery, { type: 'given-up', reason });
        isFurther = true;
      } else if (receiver.kind === 'ready') {
        if (!(await this.#isAdmitted())) break;
        if (!this.#beginCall(receiver, delivery, kind)) break;
        isFurther = true;
      }
    }
    // What was started or ended is no longer queued there: the last view is out of date.
    if (isFurther) this.#moved();
    return isFurther;
  }

  async #viewLane() {
    const now = this.#now();
    // Retries keep a quarter of the calls while first attempts wait, at least one.
    const retriesMax = Math.max(1, Math.floor(this.#allowed(now) / 4));
    const request = { room: Math.max(1, this.#room(now)), retriesMax, underWay: this.#calls };
    const moves = this.#moves;
    const view = await viewLane(this.#ports, this.#name, request);
    // A call that ended during the query may have enqueued its delivery again.
    this.#seen = moves === this.#moves ? view : undefined;
    return view;
  }

  #isNothingDue(): boolean {
    if (this.#seen === undefined) return false;
    const { nextAt } = this.#seen;
    return nextAt === undefined || nextAt > this.#now();
  }

  #moved(): void {
    this.#moves += 1;
    this.#seen = undefined;
  }

  async #refreshReceiver(): Promise<void> {
    if (this.#now() - this.#receiverAt < RECEIVER_MS) return;
    // Read once for all concurrent callers.
    this.#readingReceiver ??= this.#readReceiver().finally(() => (this.#readingReceiver = undefined));
    await this.#readingReceiver;
  }

  async #readReceiver(): Promise<void> {
    this.#receiver = await loadReceiver(this.#ports, this.#name);
    this.#receiverAt = this.#now();
  }

  /** False when there is no room for it, or its endpoint's rate is used up. */
  #beginCall(
    receiver: ReadyReceiver,
    delivery: Delivery,
    kind: EntryKind,
    known: Known = { isEnqueued: true },
  ): boolean {
    const now = this.#now();
    if (this.#room(now) <= 0) return false;
    const { lane, waitMs } = takeCall(this.#state.lane, receiver.ratePerSecond, now);
    this.#state.lane = lane;
    this.#rateUntil = now + waitMs;
    if (waitMs > 0) return false;
    this.#calls.set(delivery.id, { kind, done: this.#call(receiver, delivery, known) });
    return true;
  }

  async #call(receiver: ReadyReceiver, delivery: Delivery, known: Known): Promise<void> {
    let hasMoved = true;
    try {
      hasMoved = await this.#attempt(receiver, delivery, known);
    } catch (error) {
      if (!this.#phase.fault) this.#phase = { state: 'failing', fault: { error } };
    } finally {
      this.#calls.delete(delivery.id);
      if (hasMoved) this.#moved();
    }
  }

  /** @returns whether anything in the lane has moved: a fresh delivery that was accepted at once has moved nothing. */
  async #attempt(receiver: ReadyReceiver, delivery: Delivery, { event: known, isEnqueued }: Known): Promise<boolean> {
    const { store } = this.#ports;
    const event = known ?? (await store.loadEvent(delivery.event))?.event;
    if (!event) {
      // Events are kept as long as deliveries; without its event a delivery cannot be sent any more.
      await applyToDelivery(this.#ports, delivery, { type: 'given-up', reason: 'too-old' });
      return true;
    }
    const startedAt = this.#now();
    const result = await callReceiver(this.#ports, this.#share, { receiver, delivery, event, startedAt });
    const isDisabled = await recordCall(this.#ports, this.#state, delivery, { startedAt, result, isEnqueued });
    if (isDisabled) this.#receiver = { kind: 'disabled' };
    return isEnqueued || !isSuccess(result);
  }

  /**
   * The lane as it is left. If its receiver is not known to answer, it is postponed until its account may have a run
   * for it; if its time was merely up, the next run continues it.
   */
  #leaving(): Lane {
    const { lane } = this.#state;
    if (this.#phase.resumes?.state !== 'put-off' || isTrusted(lane)) return lane;
    this.#ports.metrics.emit({ values: { LanesDeferred: 1 }, properties: { ...this.#name } });
    return deferred(lane, deliveryContext(this.#ports));
  }

  /** True when the lane is released; false when something came at the last moment. */
  async #release(): Promise<boolean> {
    const { store, log } = this.#ports;
    const resumes = this.#phase;
    this.#phase = { state: 'leaving', resumes };
    const { nextAt } = this.#seen ?? (await this.#viewLane());
    const release = await planRelease(this.#ports, {
      lane: this.#leaving(),
      nextAt,
      isDisabled: this.#receiver.kind === 'disabled',
      rateUntil: this.#rateUntil,
    });
    const released = await store.releaseLane({
      before: this.#before,
      lane: release.lane,
      wanted: this.#wanted,
      holderId: this.#holderId,
      due: release.due,
    });
    if (released.kind === 'wanted') {
      this.#wanted = released.wanted;
      // What was seen before that arrival is out of date.
      this.#seen = undefined;
      this.#phase = resumes;
      return false;
    }
    if (released.kind === 'lost') log.warn('A lane was held longer than its lease', { ...this.#name });
    else if (release.delayMs !== undefined) await this.#sendDoorbell(release.delayMs);
    return true;
  }

  async #sendDoorbell(delayMs: number): Promise<void> {
    const { laneId, accountId } = this.#name;
    const doorbell = { kind: 'lane', laneId, accountId } as const;
    await sendDoorbells(this.#ports, [{ queue: 'deliver', doorbell, delayMs, group: accountId }]);
  }
}
