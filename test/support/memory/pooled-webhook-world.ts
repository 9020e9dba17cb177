// The webhook world with as many runs of deliver as its queue may keep busy, and a slow store: whatever
// holds a run keeps others waiting, as in AWS. A message is hidden while its run lasts and gone after it; the queue
// knows no fairness between accounts, which SQS may have and does not promise.
import { serveDoorbells } from '../../../functions/deliver/flow.ts';
import { WebhookWorld } from './webhook-world.ts';
import type { DeliverySettings } from '../../../core/domain/webhook/delivery-policy.ts';
import type { DeliverPorts } from '../../../functions/deliver/deliver-ports.ts';

const STORE_MS = 5;

export class PooledWebhookWorld extends WebhookWorld {
  readonly #runsMax: number;
  readonly #batchMessages: number;
  #running = 0;
  #served = 0;

  /** @param batchMessages that one run receives at most; fewer than ten when SQS hands them out as they come. */
  constructor(runsMax: number, batchMessages: number, settings: Partial<DeliverySettings> = {}) {
    super(settings);
    this.#runsMax = runsMax;
    this.#batchMessages = batchMessages;
  }

  override get ports(): DeliverPorts {
    const { store, clock } = this.relay;
    const slow = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await clock.sleep(STORE_MS);
          return Reflect.apply(value, target, args);
        };
      },
    });
    return { ...super.ports, store: slow };
  }

  /** Begins as many runs as there is room for; each that ends makes room for the next. */
  override serve(): void {
    while (this.#running < this.#runsMax) {
      const outgoing = this.relay.doorbells.take('deliver', this.#batchMessages);
      if (outgoing.length === 0) return;
      this.#running += 1;
      const messages = outgoing.map(({ doorbell }) => ({ messageId: String((this.#served += 1)), doorbell }));
      void serveDoorbells(this.ports, messages).then((failed) => {
        this.failed.push(...failed);
        this.#running -= 1;
        this.serve();
      });
    }
  }
}
