// An operator's control of the gate: pause and resume, for the API and the command line alike.
// What the gate learned is left unchanged; the caller checks who may do this.
import { RelayError } from '../domain/relay-error.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { allocateSlots } from './allocate-slots.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/**
 * Nothing more is submitted until the gate is resumed; a gate that is paused already keeps its first pause.
 * @param by who does it, shown to other operators.
 * @throws RelayError `store-contended` when the gate changed during every try.
 */
export function pauseGate(ports: FlowPorts, gateId: string, by: string): Promise<Gate> {
  return steer(ports, gateId, (gate) => ({
    ...gate,
    operatorPause: gate.operatorPause ?? { since: ports.clock.now(), by },
  }));
}

/**
 * Lifts the operator's pause and, so that a repaired account need not wait for its probe, every other pause too.
 * @throws RelayError `store-contended` when the gate changed during every try.
 */
export async function resumeGate(ports: FlowPorts, gateId: string): Promise<Gate> {
  const gate = await steer(ports, gateId, ({ operatorPause: _lifted, pause: _over, ...rest }) => rest);
  await allocateSlots(ports, gateId, {});
  return gate;
}

function steer(ports: FlowPorts, gateId: string, turn: (gate: Gate) => Gate): Promise<Gate> {
  return commitOptimistically(ports, {
    policy: tryPolicies.gateSteering,
    attempt: async () => {
      const before = await ports.store.loadGate(gateId);
      const after = turn(before);
      const { kind } = await ports.store.commit({ changes: [], gate: { before, after } });
      return kind === 'committed' ? { result: after } : 'lost';
    },
    contended: () =>
      new RelayError('store-contended', 'The gate is changing too fast to be steered; try again', { gateId }),
  });
}
