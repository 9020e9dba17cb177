// Dead-letter queues as a port: messages that the relay itself could not process, one queue beside each of its own.
// Reading takes nothing away; sending back is safe to repeat, because a message is a doorbell.
import type { Queue } from '../contract/messages.ts';

export interface DeadLetter {
  readonly messageId: string;
  readonly body: string;
  /** When it was sent first, milliseconds since the epoch: becoming a dead letter does not change it. */
  readonly sentAt: number;
  readonly receiveCount: number;
}

/** About how many: SQS counts each for itself, and a minute late. */
export interface DeadLetterCount {
  readonly waiting: number;
  /** Another operator reads them or sends them back just now; within two minutes they show again, or are gone. */
  readonly hidden: number;
}

export interface RedriveOptions {
  readonly max: number;
  /** Called with the number of messages moved since the last call. */
  readonly onMoved?: ((messages: number) => void) | undefined;
  /** Asked before each receive and each send: whether to stop. */
  readonly isOver?: (() => boolean) | undefined;
}

export interface DeadLetterQueues {
  count(queue: Queue): Promise<DeadLetterCount>;
  /** Up to `max` of them. They are hidden from others only while they are read. */
  peek(queue: Queue, max: number): Promise<readonly DeadLetter[]>;
  /** Sends up to `max` back to the queue they came from. @returns how many were moved. */
  redrive(queue: Queue, options: RedriveOptions): Promise<number>;
}
