// What can be read off the gate for a person: whether tasks go through, who waits, which models are left alone.
// The gate itself is core/http/public-gate.ts's.
import type { PublicGate } from '../../../core/http/public-gate.ts';

export function waitingTasks({ waiting }: PublicGate): number {
  return waiting.reduce((sum, { tasks }) => sum + tasks, 0);
}

/** Circuits that hold tasks back; a closed one is shown by nobody. */
export function openCircuits({ circuits }: PublicGate): PublicGate['circuits'] {
  return circuits.filter(({ state }) => state !== 'closed');
}

/**
 * - `limited`: Get3W answered 429, and it goes on by itself.
 * - `refused`: Get3W refuses the account.
 * - `stopped`: an operator has paused it, which counts before the others.
 */
export type GateCondition = 'open' | 'limited' | 'refused' | 'stopped';

export function gateCondition({ pause, operator_pause }: PublicGate): GateCondition {
  if (operator_pause) return 'stopped';
  if (!pause) return 'open';
  return pause['until'] === undefined ? 'refused' : 'limited';
}
