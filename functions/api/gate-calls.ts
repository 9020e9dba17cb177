// The operator's view of the gate, and its two controls. Learned state is shown, never overwritten.
// core/flows/steer-gate.ts steers the gate; route-scopes.ts says who may call.
import { invalidParameter, ownFailure } from '../../core/http/http-failure.ts';
import { readMoment } from '../../core/http/read-query.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import * as steering from '../../core/flows/steer-gate.ts';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { viewGate } from '../../core/flows/view-gate.ts';
import { DAY_MS } from '../../core/domain/time-ms.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Query } from '../../core/http/read-query.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export async function getGate(ports: FlowPorts): Promise<Answer> {
  return show(ports);
}

/** @throws HttpFailure 400. */
export function pauseGate(ports: FlowPorts, account: Account, { until, reason }: Query = {}): Promise<Answer> {
  const asked = { by: account.id, reason, until: until === undefined ? undefined : readEnd(until, ports.clock.now()) };
  return steered(ports, () => steering.pauseGate(ports, DEFAULT_GATE_ID, asked));
}

function readEnd(text: string, now: number): number {
  const until = readMoment('until', text);
  if (until > now && until - now <= steering.PAUSE_MS_MAX) return until;
  throw invalidParameter(`until must be in the future, and within ${steering.PAUSE_MS_MAX / DAY_MS} days`);
}

export function resumeGate(ports: FlowPorts): Promise<Answer> {
  return steered(ports, () => steering.resumeGate(ports, DEFAULT_GATE_ID));
}

async function steered(ports: FlowPorts, steer: () => Promise<unknown>): Promise<Answer> {
  try {
    await steer();
  } catch (error) {
    const isRace = error instanceof RelayError && error.code === 'store-contended';
    throw isRace ? ownFailure('changedByOthers', error.message) : error;
  }
  return show(ports);
}

async function show({ store, clock }: FlowPorts): Promise<Answer> {
  return { status: 200, body: publicGate(await viewGate(store, DEFAULT_GATE_ID), clock.now()) };
}
