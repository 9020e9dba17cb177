// Dead-letter queues and the causes of their messages in memory: reading takes nothing away, sending back moves.
import type { Queue } from '../../../core/contract/messages.ts';
import type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterQueues,
  RedriveOptions,
} from '../../../core/ports/dead-letters.ts';
import type { FaultReader, FaultRecorder, MessageFault, MetFault } from '../../../core/ports/message-faults.ts';

const BATCH_MESSAGES = 10;

export class MemoryDeadLetters implements DeadLetterQueues, FaultReader, FaultRecorder {
  /** What lies in each queue; a test puts it there. */
  readonly lying = new Map<Queue, DeadLetter[]>();
  readonly causes: MessageFault[] = [];
  /** Of each queue, what somebody else reads just now. */
  readonly hidden = new Map<Queue, number>();
  readonly sentBack: DeadLetter[] = [];

  #of(queue: Queue): DeadLetter[] {
    return this.lying.get(queue) ?? [];
  }

  async count(queue: Queue): Promise<DeadLetterCount> {
    return { waiting: this.#of(queue).length, hidden: this.hidden.get(queue) ?? 0 };
  }

  async peek(queue: Queue, max: number): Promise<readonly DeadLetter[]> {
    return this.#of(queue).slice(0, max);
  }

  async redrive(queue: Queue, { max, onMoved, isOver }: RedriveOptions): Promise<number> {
    let moved = 0;
    while (moved < max) {
      const batch = this.#of(queue).splice(0, Math.min(BATCH_MESSAGES, max - moved));
      this.sentBack.push(...batch);
      moved += batch.length;
      onMoved?.(batch.length);
      if (batch.length === 0 || isOver?.()) break;
    }
    return moved;
  }

  async recordFaults(met: readonly MetFault[]): Promise<void> {
    for (const { messageId, receiveCount, error } of met) {
      const { name, message: text } = error instanceof Error ? error : new Error(String(error));
      this.causes.push({ messageId, receiveCount, service: 'memory', at: 0, error: { name, text } });
    }
  }

  async faultsOf(messageIds: readonly string[]): Promise<readonly MessageFault[]> {
    return this.causes.filter(({ messageId }) => messageIds.includes(messageId));
  }
}
