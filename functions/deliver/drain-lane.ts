// Works a receiver's lane: whoever holds it makes its calls, several at once, until nothing is due, the receiver is in
// trouble or the time is up. One holder per lane is what keeps a slow receiver from delaying others: however many of
// its webhooks wait, they keep one run busy and no more. What a call means is decided in record-attempt.ts.
import { LIMITS } from '../core/domain/limits.ts';
import { callsAtOnce, isPaused, takeCall } from '../core/domain/lane.ts';
import { deliveryIdFloor, standingOf } from '../core/domain/delivery.ts';
import { laneLeaseMs } from '../core/domain/delivery-policy.ts';
import { signedHeaders } from '../core/domain/webhook-signature.ts';
import { webhookBody } from '../core/domain/webhook-body.ts';
import { applyToDelivery, recordCall } from './record-attempt.ts';
import { loadReceiver } from './receiver.ts';
import type { Delivery, Standing, Turn } from '../core/domain/delivery.ts';
import type { HeldLane, LaneReleased } from '../core/contract/webhook-ports.ts';
import type { Lane } from '../core/domain/lane.ts';
import type { DeliverPorts, LaneName } from './deliver-ports.ts';
import type { LaneState } from './record-attempt.ts';
import type { Receiver } from './receiver.ts';

/** How often a holder whose calls are under way looks for what has come meanwhile. */
const LOOK_MS = 100;
/** Changes of an endpoint take effect within this, also while its lane is being worked. */
const RECEIVER_MS = 2_000;
/** A disabled endpoint's lane is looked at daily, so that what stands there ends some day. */
const DISABLED_LOOK_MS = 86_400_000;
/** Younger than this nothing counts as waiting: a first retry is no news. */
const UNDELIVERED_MS = 60_000;
const WATERMARK_MS = 3_600_000;

/** Takes the lane, or tells whoever holds it that something came; undefined when there is nothing for us to do. */
export const claimLane = async (ports: DeliverPorts, name: LaneName): Promise<LaneDrain | undefined> => {
  const holderId = ports.chance.id();
  const leaseMs = laneLeaseMs(ports.settings.deliveries);
  const claim = await ports.store.claimLane({ ...name, holderId, leaseMs });
  return claim.kind === 'held-by-us' ? new LaneDrain(ports, name, claim, holderId) : undefined;
};

type ReadyReceiver = Extract<Receiver, { kind: 'ready' }>;

interface DueDeliveries {
  readonly deliveries: readonly { readonly delivery: Delivery; readonly turn: Turn }[];
  /** Places that were one too many are gone now: what stands behind them may be due. */
  readonly isTidied: boolean;
}

/** One holding of a lane. */
export class LaneDrain {
  readonly #ports: DeliverPorts;
  readonly #name: LaneName;
  readonly #holderId: string;
  readonly #before: Lane;
  readonly #until: number;
  #wanted: number;
  /** What is known of the receiver; each call learns on top of the last. */
  readonly #state: LaneState;
  #receiver: Receiver = { kind: 'disabled' };
  #receiverAt = Number.NEGATIVE_INFINITY;
  /** Calls under way, by delivery; they never reject. */
  readonly #calls = new Map<string, { readonly turn: Turn; readonly done: Promise<void> }>();
  /** The first fault of the relay itself: nothing more is begun, and the doorbell comes again. */
  #fault: { readonly error: unknown } | undefined;
  #rateUntil = 0;

  constructor(ports: DeliverPorts, name: LaneName, { lane, wanted }: HeldLane, holderId: string) {
    this.#ports = ports;
    this.#name = name;
    this.#holderId = holderId;
    // A lane that was made by a claim knows its account from there.
    this.#before = { ...lane, accountId: name.accountId };
    this.#state = { lane: this.#before };
    this.#wanted = wanted;
    this.#until = ports.clock.now() + ports.settings.deliveries.drainMs;
  }

  /** @throws whatever the store throws; the lane then comes free when its lease is over. */
  async run(): Promise<void> {
    for (;;) {
      const begun = await this.#begin();
      if (this.#calls.size > 0) await this.#awaitCall();
      else if (this.#fault) throw this.#fault.error;
      else if (begun) continue;
      else if (this.#mayWaitForRate()) await this.#ports.clock.sleep(this.#rateUntil - this.#now());
      else if (await this.#release()) return;
    }
  }

  #now(): number {
    return this.#ports.clock.now();
  }

  #awaitCall(): Promise<void> {
    const { clock } = this.#ports;
    const calls = [...this.#calls.values()].map(({ done }) => done);
    // With room for more calls, whatever comes meanwhile must not wait for the slowest of these.
    return this.#mayBegin() ? Promise.race([...calls, clock.sleep(LOOK_MS)]) : Promise.race(calls);
  }

  #mayBegin(): boolean {
    const now = this.#now();
    return !this.#fault && now < this.#until && this.#room(now) > 0;
  }

  #room(now: number): number {
    return callsAtOnce(this.#state.lane, now, this.#ports.settings.deliveries) - this.#calls.size;
  }

  #mayWaitForRate(): boolean {
    const now = this.#now();
    return this.#rateUntil > now && this.#rateUntil < this.#until;
  }

  /** Begins what is due, as far as there is room; true when it got further with anything. */
  async #begin(): Promise<boolean> {
    if (!this.#mayBegin()) return false;
    await this.#lookAtReceiver();
    const due = await this.#due();
    let isFurther = due.isTidied;
    for (const { delivery, turn } of due.deliveries) {
      const now = this.#now();
      const receiver = this.#receiver;
      if (receiver.kind === 'deleted' || delivery.expiresAt < now) {
        const reason = receiver.kind === 'deleted' ? 'endpoint-deleted' : 'too-old';
        await applyToDelivery(this.#ports, delivery, { type: 'given-up', reason });
        isFurther = true;
      } else if (receiver.kind === 'ready') {
        if (this.#room(now) <= 0 || !this.#takeCall(receiver, now)) break;
        this.#calls.set(delivery.id, { turn, done: this.#call(delivery, receiver) });
        isFurther = true;
      }
    }
    return isFurther;
  }

  /** One call from the endpoint's rate; false when there is none now. */
  #takeCall({ ratePerSecond }: ReadyReceiver, now: number): boolean {
    const { lane, waitMs } = takeCall(this.#state.lane, ratePerSecond, now);
    this.#state.lane = lane;
    this.#rateUntil = now + waitMs;
    return waitMs === 0;
  }

  async #lookAtReceiver(): Promise<void> {
    if (this.#now() - this.#receiverAt < RECEIVER_MS) return;
    this.#receiver = await loadReceiver(this.#ports, this.#name);
    this.#receiverAt = this.#now();
  }

  /** What is due and not under way, first attempts first; retries keep a quarter of the calls, at least one. */
  async #due(): Promise<DueDeliveries> {
    const room = this.#room(this.#now());
    const [first, again] = await Promise.all([this.#standing('first'), this.#standing('again')]);
    const againMax = Math.max(
      1,
      Math.floor(callsAtOnce(this.#state.lane, this.#now(), this.#ports.settings.deliveries) / 4),
    );
    const againNow = [...this.#calls.values()].filter(({ turn }) => turn === 'again').length;
    const kept = Math.min(again.length, Math.max(0, againMax - againNow), room);
    const chosen = [...first.slice(0, room - kept), ...again].slice(0, room);
    return this.#load(chosen);
  }

  async #standing(turn: Turn): Promise<readonly Standing[]> {
    // Those under way still stand there: read past them.
    const limit = this.#room(this.#now()) + this.#calls.size;
    const heads = await this.#ports.store.standing(this.#name.laneId, turn, limit);
    return heads.filter(({ at, deliveryId }) => at <= this.#now() && !this.#calls.has(deliveryId));
  }

  async #load(chosen: readonly Standing[]): Promise<DueDeliveries> {
    if (chosen.length === 0) return { deliveries: [], isTidied: false };
    const { store } = this.#ports;
    const { laneId } = this.#name;
    const found = await store.loadDeliveries(chosen.map(({ deliveryId: id }) => ({ laneId, id })));
    const byId = new Map(found.map((delivery) => [delivery.id, delivery]));
    const deliveries: { delivery: Delivery; turn: Turn }[] = [];
    for (const standing of chosen) {
      const delivery = byId.get(standing.deliveryId);
      const actual = delivery && standingOf(delivery);
      if (delivery && actual?.at === standing.at && actual.turn === standing.turn) {
        deliveries.push({ delivery, turn: standing.turn });
        continue;
      }
      // A crash between two writes left a place too many. The right one is made sure of before it goes.
      if (delivery && actual) await store.addDelivery(delivery);
      await store.dropStanding(laneId, standing);
    }
    return { deliveries, isTidied: deliveries.length < chosen.length };
  }

  async #call(delivery: Delivery, receiver: ReadyReceiver): Promise<void> {
    try {
      await this.#attempt(delivery, receiver);
    } catch (error) {
      this.#fault ??= { error };
    } finally {
      this.#calls.delete(delivery.id);
    }
  }

  async #attempt(delivery: Delivery, receiver: ReadyReceiver): Promise<void> {
    const { store, caller, settings } = this.#ports;
    const stored = await store.loadEvent(delivery.event);
    if (!stored) {
      // Events are kept as long as deliveries; one that is gone cannot be sent any more.
      await applyToDelivery(this.#ports, delivery, { type: 'given-up', reason: 'too-old' });
      return;
    }
    const startedAt = this.#now();
    const body = webhookBody(stored.event, receiver.shape);
    const timestampSeconds = Math.floor(startedAt / 1_000);
    const signed = signedHeaders(receiver.secrets, { id: stored.event.id, timestampSeconds, body });
    const result = await caller.call({
      url: receiver.url ?? delivery.url ?? '',
      headers: { ...receiver.headers, ...signed },
      body,
      timeoutMs: settings.deliveries.callTimeoutMs,
    });
    const isDisabled = await recordCall(this.#ports, this.#state, delivery, { startedAt, result });
    if (isDisabled) this.#receiver = { kind: 'disabled' };
  }

  /** True when the lane is let go; false when something came at the last moment. */
  async #release(): Promise<boolean> {
    const { store } = this.#ports;
    const next = await this.#nextAt();
    const now = this.#now();
    const plan = this.#plan(next, now);
    const lane = await this.#withOldest({ ...this.#state.lane, ...plan.state }, next !== undefined, now);
    const released: LaneReleased = await store.releaseLane({
      before: this.#before,
      lane,
      wanted: this.#wanted,
      holderId: this.#holderId,
      due: plan.due,
    });
    if (released.kind === 'wanted') {
      this.#wanted = released.wanted;
      return false;
    }
    if (released.kind === 'lost') this.#ports.log.warn('A lane was held longer than its lease', { ...this.#name });
    else if (plan.delayMs !== undefined) await this.#ring(plan.delayMs);
    return true;
  }

  /** When the first of those that stand in the lane is to be attempted; undefined for an empty lane. */
  async #nextAt(): Promise<number | undefined> {
    const { store } = this.#ports;
    const { laneId } = this.#name;
    const heads = await Promise.all([store.standing(laneId, 'first', 1), store.standing(laneId, 'again', 1)]);
    const times = heads.flat().map(({ at }) => at);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Who comes next and when: a doorbell, or sweep for what is further off than SQS can wait. */
  #plan(next: number | undefined, now: number) {
    if (next === undefined) return {};
    if (this.#receiver.kind === 'disabled') return { due: { at: now + DISABLED_LOOK_MS, by: 'sweep' as const } };
    const pausedUntil = isPaused(this.#state.lane, now) ? (this.#state.lane.pausedUntil ?? now) : now;
    const at = Math.max(next, pausedUntil, this.#rateUntil);
    const delayMs = Math.max(0, at - now);
    if (delayMs > LIMITS.doorbellDelayMsMax) return { due: { at, by: 'sweep' as const } };
    const due = { at: at + this.#ports.settings.graceMs, by: 'doorbell' as const };
    const { rungFor } = this.#state.lane;
    // One that is under way will be heard early enough: a busy lane must not fill the queue with its bells.
    const isRung = rungFor !== undefined && rungFor > now && rungFor <= at;
    return isRung ? { due } : { due, delayMs, state: { rungFor: now + delayMs } };
  }

  /** Notes since when the lane has something undelivered, for the alarm on the longest wait. */
  async #withOldest(lane: Lane, hasStanding: boolean, now: number): Promise<Lane> {
    const { undeliveredSince: _before, ...rest } = lane;
    const known = lane.watermark ?? deliveryIdFloor(0);
    const floor = deliveryIdFloor(now - WATERMARK_MS);
    // Never beyond an hour ago: a fan-out that sweep has to repair brings older ones late.
    const raised = (to: string): string => (to > floor ? (known > floor ? known : floor) : to > known ? to : known);
    if (!hasStanding) return { ...rest, watermark: raised(floor) };
    const oldest = await this.#ports.store.oldestPending(lane.id, known);
    if (oldest.kind === 'none') return { ...rest, watermark: raised(floor) };
    if (oldest.kind === 'looked-up-to') return { ...lane, watermark: raised(oldest.id) };
    const { eventAt, id } = oldest.delivery;
    const isWaiting = now - eventAt >= UNDELIVERED_MS;
    return { ...rest, watermark: raised(id), ...(isWaiting && { undeliveredSince: eventAt }) };
  }

  async #ring(delayMs: number): Promise<void> {
    const { laneId, accountId } = this.#name;
    const doorbell = { kind: 'lane', laneId, accountId } as const;
    const { failed } = await this.#ports.doorbells.ring([{ queue: 'deliver', doorbell, delayMs, group: laneId }]);
    if (failed > 0) this.#ports.metrics.emit({ values: { DoorbellsFailed: failed } });
  }
}
