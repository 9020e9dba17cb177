// The gate as an operator sees it, through the API or the command line. Names use Get3W's spelling, times ISO 8601.
// Pure; the domain decides what the gate knows and how it learns.
import { counterName } from '../domain/task/derived-counts.ts';
import { circuitState } from '../domain/gate/circuit.ts';
import { counter, inFlight, isStopped, slotLimit } from '../domain/gate/gate.ts';
import { accountWaits } from '../domain/gate/account-waits.ts';
import { waitingQueues } from '../domain/gate/gate-view.ts';
import { SECOND_MS } from '../domain/time-ms.ts';
import type { Circuit } from '../domain/gate/circuit.ts';
import type { Gate, Pause } from '../domain/gate/gate.ts';
import type { GateView } from '../domain/gate/gate-view.ts';

export interface PublicGate {
  readonly id: string;
  readonly limit: number;
  /** False until Get3W has refused for the first time. */
  readonly limit_is_bounded: boolean;
  readonly proven: number;
  readonly in_flight: number;
  readonly retries_in_flight: number;
  readonly waiting: readonly {
    readonly kind: string;
    readonly account_id: string;
    readonly model: string;
    readonly tasks: number;
  }[];
  /** The same by account, those with most tasks first. */
  readonly accounts: readonly {
    readonly account_id: string;
    readonly weight: number;
    readonly tasks: number;
    readonly share: number;
    readonly expected_wait_seconds: number | null;
  }[];
  /** False when more accounts wait than are shown. */
  readonly waiting_is_complete: boolean;
  readonly pause: Readonly<Record<string, string | number>> | null;
  readonly operator_pause: {
    readonly since: string;
    readonly by: string;
    /** Null: until an operator resumes the gate. */
    readonly until: string | null;
    readonly reason: string | null;
  } | null;
  readonly circuits: readonly {
    readonly model: string;
    readonly state: string;
    readonly since: string;
    readonly failed_probes: number;
    readonly next_probe_at: string | null;
  }[];
}

/** Shares in tenths of a percent. */
const SHARE_STEPS = 1_000;

function iso(at: number): string {
  return new Date(at).toISOString();
}

function publicPause(pause: Pause): Readonly<Record<string, string | number>> {
  return pause.reason === 'limited'
    ? { reason: pause.reason, since: iso(pause.since), until: iso(pause.until) }
    : { reason: pause.reason, since: iso(pause.since), http_status: pause.status, next_probe_at: iso(pause.probeAt) };
}

function publicCircuit(model: string, circuit: Circuit, now: number): PublicGate['circuits'][number] {
  const state = circuitState(circuit, now);
  return {
    model,
    state,
    since: iso(state === 'open' ? circuit.since : circuit.probeAt),
    failed_probes: circuit.probes,
    next_probe_at: state === 'open' ? iso(circuit.probeAt) : null,
  };
}

/** One that is over may still be in the row; it stops nothing. */
function publicStop(gate: Gate, now: number): PublicGate['operator_pause'] {
  if (!gate.operatorPause || !isStopped(gate, now)) return null;
  const { since, by, until, reason = null } = gate.operatorPause;
  return { since: iso(since), by, until: until === undefined ? null : iso(until), reason };
}

function publicAccounts(view: GateView, now: number): PublicGate['accounts'] {
  const isPaused = view.gate.pause !== undefined || isStopped(view.gate, now);
  return accountWaits(view, isPaused).map(({ accountId, weight, tasks, share, waitMs }) => ({
    account_id: accountId,
    weight,
    tasks,
    share: Math.round(share * SHARE_STEPS) / SHARE_STEPS,
    expected_wait_seconds: waitMs === undefined ? null : Math.round(waitMs / SECOND_MS),
  }));
}

export function publicGate(view: GateView, now: number): PublicGate {
  const { gate, models, isWhole } = view;
  return {
    id: gate.id,
    limit: slotLimit(gate),
    limit_is_bounded: gate.limit.isBounded,
    proven: gate.limit.proven,
    in_flight: inFlight(gate),
    retries_in_flight: counter(gate, counterName.retriesInFlight),
    waiting: waitingQueues(view).map(({ kind, accountId, model, tasks }) => ({
      kind,
      account_id: accountId,
      model,
      tasks,
    })),
    accounts: publicAccounts(view, now),
    waiting_is_complete: isWhole,
    pause: gate.pause ? publicPause(gate.pause) : null,
    operator_pause: publicStop(gate, now),
    circuits: [...models].flatMap(([model, { circuit }]) => (circuit ? [publicCircuit(model, circuit, now)] : [])),
  };
}
