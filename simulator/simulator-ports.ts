// What the simulator needs from the place it runs in: time, a random source, timers, a journal and a way out for webhooks.
// One machine gives it node's own (start-simulator.ts), a Lambda function a table and a queue (lambda/), a test others.
// Timers carry plain data, not functions, so that a queue message can stand in for a timer.
import type { WebhookResult } from './simulated-task.ts';
import type { JournalEntry } from './simulator-state.ts';

/** Something to be done at a later moment. Doing it twice, or after it is no longer due, does no harm. */
export type Due =
  | { readonly kind: 'finish'; readonly taskId: string }
  | { readonly kind: 'call'; readonly taskId: string; readonly call: number };

export interface SimulatorJournal {
  /** What was written since the last call, by whichever process, oldest first; everything at the first. */
  read(): Promise<readonly JournalEntry[]>;
  /**
   * Keeps one entry, behind all that was read. False when another process has written meanwhile: then nothing is kept,
   * and what it says must be decided anew. The answer that tells of the change waits until this has resolved.
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
  /** One POST, 30 s at most, no redirects, never throws. */
  callWebhook(url: string, bodyText: string, headers: Readonly<Record<string, string>>): Promise<WebhookResult>;
  /** Told of faults of the simulator itself, which clients see as a bare 500. */
  reportFault(error: unknown): void;
}
