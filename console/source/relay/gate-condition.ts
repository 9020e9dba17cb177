// What the gate's state means for a person: whether tasks go through, which tasks wait, which circuits are open.
// core/http/public-gate.ts defines the state itself.
import type { PublicGate } from '../../../core/http/public-gate.ts';

export function waitingTasks({ waiting }: PublicGate): number {
  return waiting.reduce((sum, { tasks }) => sum + tasks, 0);
}

/** Tasks that wait for a model whose circuit is not closed. */
export function heldTasks(gate: PublicGate): number {
  const models = new Set(openCircuits(gate).map(({ model }) => model));
  return gate.waiting.filter(({ model }) => models.has(model)).reduce((sum, { tasks }) => sum + tasks, 0);
}

/** Circuits that hold tasks back; no view shows a closed one. */
export function openCircuits({ circuits }: PublicGate): PublicGate['circuits'] {
  return circuits.filter(({ state }) => state !== 'closed');
}

/**
 * - `partly`: circuits hold the tasks of some models; the others go through.
 * - `limited`: Get3W answered 429; the pause ends without an operator.
 * - `refused`: Get3W refuses the account.
 * - `stopped`: an operator has paused it, which takes precedence.
 */
type GateCondition = 'open' | 'partly' | 'limited' | 'refused' | 'stopped';

export function gateCondition(gate: PublicGate): GateCondition {
  const { pause, operator_pause } = gate;
  if (operator_pause) return 'stopped';
  if (!pause) return openCircuits(gate).length > 0 ? 'partly' : 'open';
  return pause['until'] === undefined ? 'refused' : 'limited';
}
