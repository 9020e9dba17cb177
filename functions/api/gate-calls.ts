// The operator's view of the gate, and its two levers. State that was learned is shown, never overwritten.
// What the gate knows and how it learns is the domain's; who may look is authenticate.ts's.
import { counter, inFlight, slotLimit, waitingFlows } from '../core/domain/gate.ts';
import { counterName } from '../core/domain/consequences.ts';
import { provenSlots } from '../core/domain/limit-learning.ts';
import { HttpFailure } from '../core/contract/http-failure.ts';
import { tendGate } from '../core/flows/tend-gate.ts';
import { requireOperator } from '../core/flows/authenticate.ts';
import { GATE_ID } from './submit-task.ts';
import type { Account } from '../core/domain/account.ts';
import type { Gate, Pause } from '../core/domain/gate.ts';
import type { Answer } from '../core/contract/answer.ts';
import type { FlowPorts } from '../core/contract/flow-ports.ts';

const iso = (at: number): string => new Date(at).toISOString();

const publicPause = (pause: Pause): object =>
  pause.reason === 'limited'
    ? { reason: pause.reason, since: iso(pause.since), until: iso(pause.until) }
    : { reason: pause.reason, since: iso(pause.since), http_status: pause.status, next_probe_at: iso(pause.probeAt) };

const publicGate = (gate: Gate): object => ({
  id: gate.id,
  limit: slotLimit(gate),
  limit_is_bounded: gate.limit.isBounded,
  proven: provenSlots(gate.limit),
  in_flight: inFlight(gate),
  retries_in_flight: counter(gate, counterName.retriesInFlight),
  waiting: waitingFlows(gate).map(({ kind, accountId, model, tasks }) => ({
    kind,
    account_id: accountId,
    model,
    tasks,
  })),
  pause: gate.pause ? publicPause(gate.pause) : null,
  operator_pause: gate.operatorPause ? { since: iso(gate.operatorPause.since), by: gate.operatorPause.by } : null,
  circuits: Object.entries(gate.circuits).map(([model, circuit]) => ({
    model,
    state: circuit.state,
    since: iso(circuit.since),
    failed_probes: circuit.probes,
    next_probe_at: circuit.state === 'open' ? iso(circuit.probeAt) : null,
  })),
});

export const getGate = async (ports: FlowPorts, account: Account): Promise<Answer> => {
  requireOperator(account);
  return { status: 200, body: publicGate(await ports.store.loadGate(GATE_ID)) };
};

export const pauseGate = (ports: FlowPorts, account: Account): Promise<Answer> => {
  requireOperator(account);
  return steer(ports, (gate) => ({
    ...gate,
    operatorPause: gate.operatorPause ?? { since: ports.clock.now(), by: account.id },
  }));
};

/** Lifts the operator's pause and, so that a mended account need not wait for its probe, every other pause too. */
export const resumeGate = async (ports: FlowPorts, account: Account): Promise<Answer> => {
  requireOperator(account);
  const answer = await steer(ports, ({ operatorPause: _lifted, pause: _over, ...rest }) => rest);
  await tendGate(ports, GATE_ID, {});
  return answer;
};

const TRIES_MAX = 20;

const steer = async (ports: FlowPorts, turn: (gate: Gate) => Gate): Promise<Answer> => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const before = await ports.store.loadGate(GATE_ID);
    const after = turn(before);
    const result = await ports.store.commit({ changes: [], gate: { before, after } });
    if (result.kind === 'committed') return { status: 200, body: publicGate(after) };
    await ports.clock.sleep(Math.floor(ports.chance.random() * 50));
  }
  throw new HttpFailure(409, 'The gate is changing too fast to be steered; try again');
};
