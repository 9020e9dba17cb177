// Feeds one function from one queue, as Lambda's event source mapping does: it long-polls, makes batches, limits how
// many run at once, deletes served messages and leaves failed ones to their visibility timeout. The function interprets
// the messages.
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { standInClient } from '../services/stand-in-client.ts';
import { failedMessageIds } from './batch-answer.ts';
import type { Message } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord, SQSRecordAttributes } from 'aws-lambda';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import type { SourcePlan } from './source-plan.ts';

interface QueuePollerOptions {
  readonly plan: SourcePlan;
  readonly queuesUrl: string;
  readonly region: string;
  readonly invoke: Invoke;
  /** How long a received message is hidden, and so how long a throttled call is tried again. */
  readonly visibilityTimeoutMs: number;
  /** Called with what an operator should know: a failed batch, a queue that does not answer. */
  readonly warn: (text: string) => void;
}

const LONG_POLL_SECONDS = 20;
/** Lambda starts with five pollers for a queue and scales to a thousand; on one machine ten functions are many. */
const CONCURRENCY_DEFAULT = 10;
/** SQS's limit of messages per call. */
const CALL_MESSAGES_MAX = 10;
const RETRY_MS = 500;
const THROTTLED_MS_MIN = 200;
const THROTTLED_MS_MAX = 5_000;

export class QueuePoller {
  readonly #options: QueuePollerOptions;
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #stop = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  readonly #concurrencyMax: number;
  #loop: Promise<void> | undefined;

  constructor(options: QueuePollerOptions) {
    this.#options = options;
    this.#concurrencyMax = Math.min(options.plan.concurrencyMax ?? CONCURRENCY_DEFAULT, CONCURRENCY_DEFAULT);
    // fauxqs finds a queue by the last part of its address.
    this.#queueUrl = `${options.queuesUrl}/queues/${options.plan.queueName}`;
    this.#client = standInClient(
      options.queuesUrl,
      (config) => new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    );
  }

  start(): void {
    this.#loop ??= this.#poll();
  }

  /** Receives no more messages, and resolves when the batches under way have ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#batches);
    this.#client.destroy();
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // Receives a message only when a function is free for it; else its visibility timeout would pass while it waits
      // here.
      if (this.#batches.size >= this.#concurrencyMax) {
        await Promise.race(this.#batches);
        continue;
      }
      const messages = await this.#gather();
      if (messages.length === 0) continue;
      const batch = this.#serve(messages).finally(() => this.#batches.delete(batch));
      this.#batches.add(batch);
    }
  }

  /** One batch: the messages available now, and those that arrive within the batching window, if any. */
  async #gather(): Promise<Message[]> {
    const { batchMessagesMax, batchingWindowMs } = this.#options.plan;
    const messages = await this.#receive(Math.min(batchMessagesMax, CALL_MESSAGES_MAX), LONG_POLL_SECONDS);
    const endsAt = Date.now() + batchingWindowMs;
    while (messages.length > 0 && messages.length < batchMessagesMax && Date.now() < endsAt) {
      const room = Math.min(batchMessagesMax - messages.length, CALL_MESSAGES_MAX);
      messages.push(...(await this.#receive(room, Math.ceil((endsAt - Date.now()) / 1_000))));
    }
    return messages;
  }

  async #receive(messagesMax: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: messagesMax,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    try {
      return (await this.#client.send(command, { abortSignal: this.#stop.signal })).Messages ?? [];
    } catch (error) {
      if (this.#stop.signal.aborted) return [];
      this.#options.warn(`${this.#options.plan.queueName} does not answer: ${String(error)}`);
      await sleep(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      return [];
    }
  }

  async #serve(messages: readonly Message[]): Promise<void> {
    const { plan, warn } = this.#options;
    const result = await this.#invoke(this.#eventOf(messages));
    const ids = messages.map(({ MessageId = '' }) => MessageId);
    const failed = failedMessageIds(plan, ids, result);
    if (failed.size > 0) warn(`${plan.functionName} could not serve ${failed.size} of ${messages.length} messages`);
    await this.#delete(messages.filter(({ MessageId = '' }) => !failed.has(MessageId)));
  }

  /**
   * A throttled call is repeated with growing waits until its messages are visible in the queue again. Meanwhile it
   * counts as running, so that fewer messages are received.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
   */
  async #invoke(event: SQSEvent): Promise<InvocationResult> {
    const { plan, invoke, visibilityTimeoutMs } = this.#options;
    const endsAt = Date.now() + visibilityTimeoutMs;
    for (let delayMs = THROTTLED_MS_MIN; ; delayMs = Math.min(2 * delayMs, THROTTLED_MS_MAX)) {
      const result = await invoke(plan.functionName, event);
      if (result.kind !== 'throttled' || this.#stop.signal.aborted || Date.now() + delayMs >= endsAt) return result;
      await sleep(delayMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += CALL_MESSAGES_MAX) {
      const Entries = messages
        .slice(from, from + CALL_MESSAGES_MAX)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      try {
        await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
      } catch (error) {
        // The messages are redelivered, and turn out to be stale by then.
        this.#options.warn(`served messages of ${this.#options.plan.queueName} could not be deleted: ${String(error)}`);
      }
    }
  }

  #eventOf(messages: readonly Message[]): SQSEvent {
    const { plan, region } = this.#options;
    const Records = messages.map((message): SQSRecord => ({
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      body: message.Body ?? '',
      attributes: message.Attributes as unknown as SQSRecordAttributes,
      messageAttributes: {},
      md5OfBody: message.MD5OfBody ?? '',
      eventSource: 'aws:sqs',
      eventSourceARN: plan.queueArn,
      awsRegion: region,
    }));
    return { Records };
  }
}
