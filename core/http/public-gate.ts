// The gate as an operator sees it, through the API or the command line. Names use Get3W's spelling, times ISO 8601.
// Pure; the domain decides what the gate knows and how it learns.
import { counterName } from '../domain/task/derived-counts.ts';
import { counter, inFlight, slotLimit, waitingQueues } from '../domain/gate/gate.ts';
import type { Gate, Pause } from '../domain/gate/gate.ts';

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
  readonly pause: Readonly<Record<string, string | number>> | null;
  readonly operator_pause: { readonly since: string; readonly by: string } | null;
  readonly circuits: readonly {
    readonly model: string;
    readonly state: string;
    readonly since: string;
    readonly failed_probes: number;
    readonly next_probe_at: string | null;
  }[];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function publicPause(pause: Pause): Readonly<Record<string, string | number>> {
  return pause.reason === 'limited'
    ? { reason: pause.reason, since: iso(pause.since), until: iso(pause.until) }
    : { reason: pause.reason, since: iso(pause.since), http_status: pause.status, next_probe_at: iso(pause.probeAt) };
}

export function publicGate(gate: Gate): PublicGate {
  return {
    id: gate.id,
    limit: slotLimit(gate),
    limit_is_bounded: gate.limit.isBounded,
    proven: gate.limit.proven,
    in_flight: inFlight(gate),
    retries_in_flight: counter(gate, counterName.retriesInFlight),
    waiting: waitingQueues(gate).map(({ kind, accountId, model, tasks }) => ({
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
  };
}
