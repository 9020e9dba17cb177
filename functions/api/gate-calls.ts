// The operator's view of the gate, and its two controls. Learned state is shown, never overwritten.
// core/flows/steer-gate.ts steers the gate; authenticate.ts checks who may see it.
import { HttpFailure } from '../../core/http/http-failure.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import * as steering from '../../core/flows/steer-gate.ts';
import { requireOperator } from '../../core/flows/authenticate.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Gate } from '../../core/domain/gate/gate.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export async function getGate(ports: FlowPorts, account: Account): Promise<Answer> {
  requireOperator(account);
  return { status: 200, body: publicGate(await ports.store.loadGate(DEFAULT_GATE_ID)) };
}

export function pauseGate(ports: FlowPorts, account: Account): Promise<Answer> {
  requireOperator(account);
  return steered(steering.pauseGate(ports, DEFAULT_GATE_ID, account.id));
}

export function resumeGate(ports: FlowPorts, account: Account): Promise<Answer> {
  requireOperator(account);
  return steered(steering.resumeGate(ports, DEFAULT_GATE_ID));
}

async function steered(steering: Promise<Gate>): Promise<Answer> {
  try {
    return { status: 200, body: publicGate(await steering) };
  } catch (error) {
    const isRace = error instanceof RelayError && error.code === 'store-contended';
    throw isRace ? new HttpFailure(409, error.message) : error;
  }
}
