// What the gate's state means for a person: whether tasks go through, which tasks wait, which circuits are open.
// core/http/public-gate.ts defines the state itself.
import type { PublicGate } from '../../../core/http/public-gate.ts';

export function waitingTasks({ waiting }: PublicGate): number {
  return waiting.reduce((sum, { tasks }) => sum + tasks, 0);
}

/** Circuits that hold tasks back; no view shows a closed one. */
export function openCircuits({ circuits }: PublicGate): PublicGate['circuits'] {
  return circuits.filter(({ state }) => state !== 'closed');
}

/**
 * - `limited`: Get3W answered 429; the pause ends without an operator.
 * - `refused`: Get3W refuses the account.
 * - `stopped`: an operator has paused it, which takes precedence.
 */
type GateCondition = 'open' | 'limited' | 'refused' | 'stopped';

export function gateCondition({ pause, operator_pause }: PublicGate): GateCondition {
  if (operator_pause) return 'stopped';
  if (!pause) return 'open';
  return pause['until'] === undefined ? 'refused' : 'limited';
}
