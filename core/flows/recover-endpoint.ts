// Sends an endpoint everything since a moment that it should have received and has not accepted: what was given up,
// what waits for a later attempt, and what happened while it was disabled or missing. Calls under way are left alone.
// In bounded steps: each call handles some events and returns how far it got, and the next continues from there.
import { decideDelivery } from '../domain/webhook/decide-delivery.ts';
import { roundMs } from '../domain/webhook/delivery-policy.ts';
import { deliveryIdOf, newDelivery } from '../domain/webhook/delivery.ts';
import { forgiven } from '../domain/webhook/lane.ts';
import { limits } from '../domain/limits.ts';
import { isHandedOn } from '../domain/task/open-ends.ts';
import { endOfEventId } from '../domain/webhook/outbox-event.ts';
import { wantsEvent } from '../domain/webhook/webhook-endpoint.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { beginRecovery, endRecovery } from './recovery-lease.ts';
import { sendLaneDoorbell } from './send-lane-doorbell.ts';
import { MINUTE_MS } from '../domain/time-ms.ts';
import type { Delivery } from '../domain/webhook/delivery.ts';
import type { Tried } from '../ports/optimistic-commit.ts';
import type { EventPlace, StoredEvent } from '../ports/webhook-ports.ts';
import type { EndpointPorts } from '../ports/endpoint-ports.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';

type RecoveryPorts = Omit<EndpointPorts, 'caller'>;

/** Events read in one go; a page of the largest ones stays well below what one query answers. */
const PAGE_EVENTS = 100;
/** Deliveries written at once. */
const WRITES_AT_ONCE = 10;
/** Every fan-out knows an endpoint that was changed this long before its event. */
const SETTLED_MS = MINUTE_MS;

/** The result for an event: it is counted as one of these. */
type Outcome =
  /** Its delivery will be sent because of this call. */
  | 'recovered'
  /** The endpoint has accepted it already, or does not want it. */
  | 'skipped'
  /** It is being delivered without this call. */
  | 'under_way';

type Tally = Record<Outcome | 'examined', number>;

interface RecoveryStep {
  readonly endpoint: WebhookEndpoint;
  readonly tally: Tally;
  /** Where to continue; undefined when the log has no more. */
  readonly reached: EventPlace | undefined;
}

/** Where a recovery of everything since a moment begins. */
export function recoveryStart(sinceMs: number): EventPlace {
  return { position: Math.max(0, sinceMs - 1), id: '\uffff' };
}

/**
 * One step.
 * @param load finds the endpoint, or throws.
 * @throws HttpFailure 409 for an endpoint that is disabled or being recovered.
 */
export async function recoverEndpoint(
  ports: RecoveryPorts,
  load: () => Promise<WebhookEndpoint>,
  after: EventPlace,
): Promise<RecoveryStep> {
  const endpoint = await beginRecovery(ports, load);
  const run = new RecoveryRun(ports, endpoint);
  try {
    const reached = await run.workOff(after);
    return { endpoint, tally: run.tally, reached };
  } finally {
    await run.sendDoorbell();
    await endRecovery(ports, endpoint);
  }
}

class RecoveryRun {
  readonly tally: Tally = { examined: 0, recovered: 0, skipped: 0, under_way: 0 };
  readonly #ports: RecoveryPorts;
  readonly #endpoint: WebhookEndpoint;
  /** Once: the lane must be due before anything is put into it, or a crash would leave that unseen. */
  #woken: Promise<void> | undefined;

  constructor(ports: RecoveryPorts, endpoint: WebhookEndpoint) {
    this.#ports = ports;
    this.#endpoint = endpoint;
  }

  /** @returns where to continue; undefined when the log has no more. */
  async workOff(from: EventPlace): Promise<EventPlace | undefined> {
    let after = from;
    while (this.tally.examined < limits.recoveryEventsMax) {
      const page = await this.#ports.webhooks.readEvents(this.#endpoint.accountId, after, PAGE_EVENTS);
      const last = page.at(-1);
      if (!last) return undefined;
      await this.#workOffPage(page);
      after = { position: last.position, id: last.event.id };
    }
    return after;
  }

  /** Notifies the lane of what was enqueued. */
  async sendDoorbell(): Promise<void> {
    if (!this.#woken) return;
    const { id: laneId, accountId } = this.#endpoint;
    await this.#ports.webhooks.changeLane(laneId, forgiven);
    await sendLaneDoorbell(this.#ports, { laneId, accountId });
  }

  async #workOffPage(page: readonly StoredEvent[]): Promise<void> {
    const { id: laneId } = this.#endpoint;
    const keys = page
      .filter((one) => this.#isWanted(one))
      .map(({ event }) => ({ laneId, id: deliveryIdOf(event, laneId) }));
    const known = new Map((await this.#ports.webhooks.loadDeliveries(keys)).map((delivery) => [delivery.id, delivery]));
    const left = [...page];
    const worker = async (): Promise<void> => {
      for (let stored = left.shift(); stored; stored = left.shift()) {
        const outcome = await this.#recover(stored, known.get(deliveryIdOf(stored.event, laneId)));
        this.tally[outcome] += 1;
        this.tally.examined += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(WRITES_AT_ONCE, left.length) }, worker));
  }

  #isWanted({ event }: StoredEvent): boolean {
    return wantsEvent(this.#endpoint, event) && event.data['endpoint_id'] !== this.#endpoint.id;
  }

  async #recover(stored: StoredEvent, known: Delivery | undefined): Promise<Outcome> {
    if (!this.#isWanted(stored)) return 'skipped';
    if (known) return this.#bringAgain(known);
    // Its fan-out is still to come and knows this endpoint as it is: it sends the event itself, as a first attempt.
    const isSettled = this.#endpoint.updatedAt < stored.event.at - SETTLED_MS;
    if (isSettled && !(await this.#isHandedOn(stored))) return 'under_way';
    return this.#bringFirst(stored);
  }

  /** Of the end of a task its task knows, unless it is gone. Seldom asked: nearly every event has a delivery. */
  async #isHandedOn({ event, isClosed, isDueWithTask }: StoredEvent): Promise<boolean> {
    const of = isDueWithTask ? endOfEventId(event.id) : undefined;
    if (!of) return isClosed;
    const [task] = await this.#ports.store.loadTasks([of.taskId]);
    return task === undefined || isHandedOn(task, of.end);
  }

  #bringAgain(known: Delivery): Promise<Outcome> {
    const { clock, webhooks } = this.#ports;
    const attempt = async (tries: number): Promise<Tried<Outcome>> => {
      const before = tries === 0 ? known : (await webhooks.loadDeliveries([known]))[0];
      if (!before || before.status === 'delivered') return { result: 'skipped' };
      await this.#wake();
      if (before.status === 'pending' && (before.nextAttemptAt ?? 0) <= clock.now()) {
        // Enqueued again to be sure: an interrupted recovery may have left it out of its lane.
        await webhooks.enqueue(before);
        return { result: 'under_way' };
      }
      return (await webhooks.saveDelivery(before, this.#replayed(before))) ? { result: 'recovered' } : 'lost';
    };
    // The race is with its lane, which is sending it: a race lost this often means that it is on its way.
    const contended = (): { result: Outcome } => ({ result: 'under_way' });
    return commitOptimistically(this.#ports, { policy: tryPolicies.delivery, attempt, contended });
  }

  /** A delivery that never existed, as a replay: fresh events go before it. */
  async #bringFirst(stored: StoredEvent): Promise<Outcome> {
    const { clock, settings, webhooks } = this.#ports;
    const now = clock.now();
    const expiresAt = now + roundMs(settings.deliveries);
    const made = this.#replayed(newDelivery({ logged: stored, laneId: this.#endpoint.id, now, expiresAt }));
    await this.#wake();
    // Created by the fan-out meanwhile, which also sends it.
    if (await webhooks.addDelivery(made)) return 'under_way';
    await webhooks.enqueue(made);
    return 'recovered';
  }

  #replayed(delivery: Delivery): Delivery {
    const { clock, randomSource, settings } = this.#ports;
    const context = { now: clock.now(), random: () => randomSource.random(), settings: settings.deliveries };
    const decision = decideDelivery(delivery, { type: 'replay-requested' }, context);
    return decision.kind === 'changed' ? decision.delivery : delivery;
  }

  #wake(): Promise<void> {
    const { clock, settings, webhooks } = this.#ports;
    const { id: laneId, accountId } = this.#endpoint;
    this.#woken ??= webhooks.wakeLane({ laneId, accountId }, clock.now() + settings.graceMs);
    return this.#woken;
  }
}
