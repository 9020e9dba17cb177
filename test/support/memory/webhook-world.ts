// The deliver stage, sweep and everything webhooks need over memory, on a stepped clock: tasks end, doorbells arrive,
// receivers answer as set. Runs every doorbell that is ready and whatever it starts, then steps the clock.
import { serveDoorbells } from '../../../functions/deliver/flow.ts';
import { sweep } from '../../../functions/sweep/flow.ts';
import { applyEvent } from '../../../core/flows/apply-event.ts';
import { performEffects } from '../../../core/flows/perform-effects.ts';
import { taskDeliveryKey } from '../../../core/domain/webhook/task-delivery.ts';
import { newSecret } from '../../../core/domain/webhook/webhook-secrets.ts';
import { MemoryRelay } from '../memory-relay.ts';
import { sampleTask } from '../sample-task.ts';
import { ScriptedReceivers } from './scripted-receivers.ts';
import type { FailedMessage } from '../../../core/ports/message-faults.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';
import type { Delivery } from '../../../core/domain/webhook/delivery.ts';
import type { DeliverySettings } from '../../../core/domain/webhook/delivery-policy.ts';
import type { Task } from '../../../core/domain/task/task.ts';
import type { WebhookEndpoint } from '../../../core/domain/webhook/webhook-endpoint.ts';

export const webhookAccountId = sampleTask().accountId;

export class WebhookWorld {
  readonly relay: MemoryRelay;
  readonly receivers: ScriptedReceivers;
  /** Runs of the deliver function that are under way. */
  readonly #runs = new Set<Promise<unknown>>();
  /** Messages that were returned because the relay failed. */
  readonly failed: FailedMessage[] = [];
  #messages = 0;

  constructor(settings: Partial<DeliverySettings> = {}) {
    const defaults = new MemoryRelay().settings;
    this.relay = new MemoryRelay({ ...defaults, deliveries: { ...defaults.deliveries, ...settings } });
    this.receivers = new ScriptedReceivers(this.relay.clock);
  }

  get ports(): DeliverPorts {
    const { store, doorbells, places, clock, randomSource, metrics, log, settings } = this.relay;
    return { store, caller: this.receivers, doorbells, places, clock, randomSource, metrics, log, settings };
  }

  async endpoint(fields: Partial<WebhookEndpoint> = {}): Promise<WebhookEndpoint> {
    const { randomSource, clock, store } = this.relay;
    const now = clock.now();
    const endpoint: WebhookEndpoint = {
      id: `we_${randomSource.id()}`,
      accountId: webhookAccountId,
      url: `https://receiver.example/${randomSource.id()}`,
      headers: {},
      shape: 'event',
      secrets: [newSecret('v1', () => randomSource.secret(), now)],
      createdAt: now,
      updatedAt: now,
      version: 1,
      ...fields,
    };
    await store.createEndpoint(endpoint);
    return endpoint;
  }

  /** A task that ends now; its event's doorbell is sent. */
  async end(fields: Partial<Task> = {}): Promise<Task> {
    const { relay } = this;
    const task = await relay.put(sampleTask({ id: relay.randomSource.id(), createdAt: relay.clock.now(), ...fields }));
    const applied = await applyEvent(relay, task.id, { type: 'cancel-requested' });
    if (applied.kind !== 'changed') throw new Error(applied.kind);
    await performEffects(relay, applied.effects, applied.after);
    return applied.after;
  }

  /** Serves what is ready, in batches of ten as the event source does, without waiting for it to be done. */
  serve(ports: DeliverPorts = this.ports): void {
    for (;;) {
      const outgoing = this.relay.doorbells.take('deliver', 10);
      if (outgoing.length === 0) return;
      const messages = outgoing.map(({ doorbell }) => ({ messageId: String((this.#messages += 1)), doorbell }));
      const run = serveDoorbells(ports, messages).then((failed) => this.failed.push(...failed));
      this.#runs.add(run);
      void run.finally(() => this.#runs.delete(run));
    }
  }

  /** Lets time pass, handling doorbells and sweeping every minute. */
  async pass(forMs: number, { stepMs = 1_000, sweeps = true } = {}): Promise<void> {
    const { clock } = this.relay;
    const end = clock.now() + forMs;
    this.serve();
    await clock.advance(0);
    for (let sinceSweepMs = 0; clock.now() < end; sinceSweepMs += stepMs) {
      if (sweeps && sinceSweepMs >= 60_000) {
        await this.sweep();
        sinceSweepMs = 0;
      }
      await clock.advance(Math.min(stepMs, end - clock.now()));
      this.serve();
      await clock.advance(0);
    }
  }

  /** Lets whatever is under way come to its end, which may take some time. */
  async settle(): Promise<void> {
    const { clock } = this.relay;
    this.serve();
    await clock.advance(0);
    while (
      this.#runs.size > 0 ||
      this.relay.doorbells.waiting('deliver').some(({ readyAt }) => readyAt <= clock.now())
    ) {
      const next = clock.nextWakeAt();
      await clock.advance(next === undefined ? 0 : Math.max(0, next - clock.now()));
      this.serve();
      await clock.advance(0);
    }
  }

  async sweep(): Promise<void> {
    const { store } = this.relay;
    await sweep(Object.assign({}, this.relay, { store, due: store }), Number.POSITIVE_INFINITY);
    this.serve();
    await this.relay.clock.advance(0);
  }

  async deliveries(taskId: string): Promise<readonly Delivery[]> {
    const { store } = this.relay;
    const task = await store.loadTask(taskId);
    const own = task && taskDeliveryKey(task);
    const keys = [...(await store.deliveriesOfTask(taskId)), ...(own ? [own] : [])];
    return store.loadDeliveries([...new Map(keys.map((key) => [key.id, key])).values()]);
  }

  async delivery(taskId: string): Promise<Delivery> {
    const [delivery] = await this.deliveries(taskId);
    if (!delivery) throw new Error(`no delivery of ${taskId}`);
    return delivery;
  }
}
