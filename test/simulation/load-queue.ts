// A queue of a load world with its Lambda source: what is there when a copy is free is its batch, up to ten. Nothing
// is lost or doubled here; the seeded worlds have what goes wrong with messages.
// Times as in the gate's decision: a message is fetched 12 to 32 ms after it was sent, now and then later.
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Dice } from './dice.ts';
import type { LoadBill } from './load-bill.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  receives: number;
}

interface LoadQueueOptions {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly bill: LoadBill;
  readonly copies: number;
  /** Runs the function; undefined when it failed as a whole. */
  readonly invoke: (event: SQSEvent) => Promise<SQSBatchResponse | undefined>;
}

const BATCH_MESSAGES_MAX = 10;
/** As the stack sets it: six times the function's timeout. */
const VISIBILITY_MS = 240_000;

export class LoadQueue {
  readonly #options: LoadQueueOptions;
  readonly #ready: Message[] = [];
  #taken = 0;
  #busy = 0;
  #sent = 0;
  /** Messages that are not acknowledged yet, delayed ones too. */
  pending = 0;
  /** Messages that came again because they could not be served. */
  returned = 0;

  constructor(options: LoadQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#ready.length - this.#taken;
  }

  send(body: string, delaySeconds: number): void {
    const { time } = this.#options;
    this.#sent += 1;
    this.pending += 1;
    const message = { id: `m${this.#sent}`, body, sentAt: time.now(), receives: 0 };
    time.after(delaySeconds * 1_000, () => this.#put(message));
  }

  #put(message: Message): void {
    this.#ready.push(message);
    this.#pump(false);
  }

  #pump(isWarm: boolean): void {
    const { copies, dice, time } = this.#options;
    for (; this.#busy < copies && this.length > 0; isWarm = false) {
      this.#busy += 1;
      const fetchMs = isWarm ? dice.between(5, 15) : dice.between(12, 32) + (dice.isLucky(0.003) ? 175 : 0);
      time.after(fetchMs, () => void this.#serve());
    }
  }

  async #serve(): Promise<void> {
    const batch = this.#take();
    if (batch.length > 0) {
      const { bill, invoke, time } = this.#options;
      bill.sqs(batch.reduce((bytes, { body }) => bytes + body.length, 0));
      const answer = await invoke(eventOf(batch));
      const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const back = answer ? batch.filter(({ id }) => failed.has(id)) : batch;
      if (back.length < batch.length) bill.sqs(0);
      this.pending -= batch.length - back.length;
      this.returned += back.length;
      for (const message of back) time.after(VISIBILITY_MS, () => this.#put(message));
    }
    this.#busy -= 1;
    this.#pump(true);
  }

  #take(): Message[] {
    const batch = this.#ready.slice(this.#taken, this.#taken + BATCH_MESSAGES_MAX);
    this.#taken += batch.length;
    // Taking from the head of a long list one by one would copy it each time.
    if (this.#taken > 4_096) {
      this.#ready.splice(0, this.#taken);
      this.#taken = 0;
    }
    for (const message of batch) message.receives += 1;
    return batch;
  }
}

/** What a batch reads of an event; the rest of an SQS record is not read. */
function eventOf(batch: readonly Message[]): SQSEvent {
  const records = batch.map(({ id, body, receives, sentAt }) => ({
    messageId: id,
    body,
    attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: String(Math.floor(sentAt)) },
  }));
  return { Records: records } as unknown as SQSEvent;
}
