// What the simulator needs from its host: time, a random source, timers, a journal and a way out for webhooks. One
// machine provides Node's own (start-simulator.ts), a Lambda function a table and a queue (lambda/), a test others.
// Timers carry plain data, not functions, so that a queue message can serve as a timer.
import type { WebhookResult } from './simulated-task.ts';
import type { JournalEntry } from './simulator-state.ts';

/** Something to be done later. Doing it twice, or after it is no longer due, does no harm. */
export type Due =
  | { readonly kind: 'finish'; readonly taskId: string }
  | { readonly kind: 'call'; readonly taskId: string; readonly call: number };

export interface SimulatorJournal {
  /** What any process has written since the last call, oldest first; everything at the first call. */
  read(): Promise<readonly JournalEntry[]>;
  /**
   * Appends one entry behind all that was read. False when another process has written meanwhile: then nothing is kept,
   * and its content must be decided again. The answer that reports the change waits until this has resolved.
   */
  append(entry: JournalEntry): boolean | Promise<boolean>;
}

export interface SimulatorPorts {
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  newId(): string;
  journal: SimulatorJournal;
  /** Has `perform(due)` called after `delayMs`; may be early, late, twice, or lost when the process dies. */
  schedule(delayMs: number, due: Due): void | Promise<void>;
  /** Resolves after `delayMs`; used by `?sync=true`, and while several processes write at once. */
  sleep(delayMs: number): Promise<void>;
  /** One POST, at most 30 s, no redirects, never throws. */
  callWebhook(url: string, bodyText: string, headers: Readonly<Record<string, string>>): Promise<WebhookResult>;
  /** Receives faults of the simulator itself, which clients see as a bare 500. */
  reportFault(error: unknown): void;
}
