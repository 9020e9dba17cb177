// SQS with its Lambda source: at least once, in any order, doubled, late, and sometimes not at all. A message that was
// received hides for the visibility timeout; one that is received too often moves to the dead letters.
// Source of the rules: the Amazon SQS developer guide, and "Using Lambda with Amazon SQS" (partial batch responses).
import { sqsBatch } from '../../core/middleware/sqs-batch.ts';
import type { SQSEvent } from 'aws-lambda';
import type { OutgoingDoorbell, Queue, ReceivedDoorbell } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { Faults } from './faults.ts';
import type { Host, WorldPorts } from './host.ts';
import type { VirtualTime } from './virtual-time.ts';
import { timeoutsMs } from './host.ts';

type Consumed = Extract<Queue, 'dispatch' | 'settle' | 'keep' | 'deliver'>;
type Serve = (ports: WorldPorts, received: readonly ReceivedDoorbell[]) => Promise<readonly FailedMessage[]>;

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

/** As the stack sets them: six timeouts hidden, ten receives. */
const VISIBILITY_PER_TIMEOUT = 6;
const RECEIVES_MAX = 10;

interface SqsOptions {
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly host: Host;
  readonly concurrency: number;
  readonly batchMessagesMax: number;
  readonly serve: Readonly<Record<Consumed, Serve>>;
}

export class SqsModel {
  readonly #options: SqsOptions;
  readonly #messages: Record<Consumed, Map<string, Message>> = {
    dispatch: new Map(),
    settle: new Map(),
    keep: new Map(),
    deliver: new Map(),
  };
  readonly #running: Record<Consumed, number> = { dispatch: 0, settle: 0, keep: 0, deliver: 0 };
  readonly deadLetters: { readonly queue: Queue; readonly body: string }[] = [];
  sent = 0;

  constructor(options: SqsOptions) {
    this.#options = options;
  }

  /** Messages that are still to be delivered, hidden ones too. */
  get waiting(): number {
    return Object.values(this.#messages).reduce((sum, { size }) => sum + size, 0);
  }

  /** @returns how many of the doorbells were refused. */
  send(outgoing: readonly OutgoingDoorbell[]): number {
    const { faults } = this.#options;
    let failed = 0;
    for (const message of outgoing) {
      if (faults.isDown('queues') || faults.strikes('sendsFail')) failed += 1;
      else if (!faults.strikes('messagesLost')) this.#take(message);
    }
    return failed;
  }

  #take(outgoing: OutgoingDoorbell): void {
    // Jobs have their own tests: here their doorbells have no reader.
    if (outgoing.queue === 'jobs') return;
    const { time, faults } = this.#options;
    const copies = faults.strikes('messagesDoubled') ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.sent += 1;
      // Whole seconds, rounded up; and late by up to two minutes where that fault strikes.
      const delayMs = Math.ceil(outgoing.delayMs / 1_000) * 1_000;
      const lateMs = faults.strikes('messagesLate') ? faults.dice.between(1_000, 120_000) : 0;
      const message = {
        id: `m${this.sent}`,
        body: JSON.stringify(outgoing.doorbell),
        visibleAt: time.now() + delayMs + lateMs,
        receives: 0,
      };
      this.#messages[outgoing.queue].set(message.id, message);
      this.#pollAt(outgoing.queue, message.visibleAt);
    }
  }

  #pollAt(queue: Consumed, at: number): void {
    const { time, faults } = this.#options;
    time.after(at - time.now() + faults.dice.between(0, 20), () => this.#poll(queue));
  }

  #poll(queue: Consumed): void {
    const { time, faults, concurrency, batchMessagesMax } = this.#options;
    if (faults.isDown('queues')) return this.#pollAt(queue, time.now() + 5_000);
    while (this.#running[queue] < concurrency) {
      const batch = this.#receive(queue, queue === 'keep' ? 1 : faults.dice.whole(1, batchMessagesMax));
      if (batch.length === 0) return;
      this.#invoke(queue, batch);
    }
  }

  #receive(queue: Consumed, max: number): Message[] {
    const { time, faults } = this.#options;
    const now = time.now();
    const visible = [...this.#messages[queue].values()].filter(({ visibleAt }) => visibleAt <= now);
    const batch: Message[] = [];
    while (batch.length < max && visible.length > 0) {
      // No order is promised.
      const [message] = visible.splice(faults.dice.whole(0, Math.min(visible.length, 4) - 1), 1);
      if (!message) break;
      if (message.receives >= RECEIVES_MAX) {
        this.#messages[queue].delete(message.id);
        this.deadLetters.push({ queue, body: message.body });
        continue;
      }
      message.receives += 1;
      message.visibleAt = now + VISIBILITY_PER_TIMEOUT * timeoutsMs[queue];
      batch.push(message);
      // Received by two at the same time, as at-least-once allows.
      if (faults.strikes('messagesDoubled')) message.visibleAt = now;
      this.#pollAt(queue, message.visibleAt);
    }
    return batch;
  }

  #invoke(queue: Consumed, batch: readonly Message[]): void {
    const { host, serve } = this.#options;
    this.#running[queue] += 1;
    host.start(
      queue,
      (ports) => sqsBatch(ports, sqsEvent(batch), (received) => serve[queue](ports, received)),
      (end) => {
        this.#running[queue] -= 1;
        // Every message of a function that was killed is redelivered when it is visible again.
        if (end.kind === 'answered') {
          const failed = new Set(end.value.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
          for (const { id } of batch) if (!failed.has(id)) this.#messages[queue].delete(id);
        }
        this.#poll(queue);
      },
    );
  }
}

/** What the batch reads of an event; the rest of an SQS record is not read. */
function sqsEvent(batch: readonly Message[]): SQSEvent {
  return {
    Records: batch.map(({ id, body, receives }) => ({
      messageId: id,
      body,
      attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: '0' },
    })),
  } as unknown as SQSEvent;
}
