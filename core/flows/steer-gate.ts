// An operator's control of the gate: pause and resume, for the API and the command line alike.
// What the gate learned is left unchanged; the caller checks who may do this.
import { RelayError } from '../domain/relay-error.ts';
import { commitOptimistically, tryPolicies } from '../ports/optimistic-commit.ts';
import { isStopped } from '../domain/gate/gate.ts';
import { DAY_MS } from '../domain/time-ms.ts';
import { allocateSlots } from './allocate-slots.ts';
import type { Gate } from '../domain/gate/gate.ts';
import type { FlowPorts } from '../ports/flow-ports.ts';

/** A pause with an end; without one it is an operator's to end. */
export const PAUSE_MS_MAX = 30 * DAY_MS;

interface AskedPause {
  /** Who does it, shown to other operators. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** When it ends, milliseconds since the epoch; until the gate is resumed without it. */
  readonly until?: number | undefined;
}

/**
 * Nothing more is submitted until the gate is resumed, or that time has come. A gate that is paused already stays so since
 * its first pause; its end, its reason and who is named are those of the last.
 * @throws RelayError `store-contended` when the gate changed during every try.
 */
export function pauseGate(ports: FlowPorts, gateId: string, { by, reason, until }: AskedPause): Promise<Gate> {
  return steer(ports, gateId, (gate) => {
    const now = ports.clock.now();
    const earlier = isStopped(gate, now) ? gate.operatorPause : undefined;
    return {
      ...gate,
      operatorPause: {
        since: earlier?.since ?? now,
        by,
        ...(until !== undefined && { until }),
        ...(reason !== undefined && { reason }),
      },
    };
  });
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
