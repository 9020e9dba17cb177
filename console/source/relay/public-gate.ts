// The gate as `GET /v1/gate` shows it, and what can be read off it for a person.

export interface PublicGate {
  readonly id: string;
  readonly limit: number;
  /** False while the limit is not told and no 429 has shown one. */
  readonly limit_is_bounded: boolean;
  readonly proven: number;
  readonly in_flight: number;
  readonly retries_in_flight: number;
  readonly waiting: readonly {
    readonly kind: 'fresh' | 'retry';
    readonly account_id: string;
    readonly model: string;
    readonly tasks: number;
  }[];
  readonly pause:
    | { readonly reason: 'limited'; readonly since: string; readonly until: string }
    | { readonly reason: string; readonly since: string; readonly http_status: number; readonly next_probe_at: string }
    | null;
  readonly operator_pause: { readonly since: string; readonly by: string } | null;
  readonly circuits: readonly {
    readonly model: string;
    readonly state: string;
    readonly since: string;
    readonly failed_probes: number;
    readonly next_probe_at: string | null;
  }[];
}

export const waitingTasks = ({ waiting }: PublicGate): number => waiting.reduce((sum, { tasks }) => sum + tasks, 0);

/** Circuits that hold tasks back; a closed one is shown by nobody. */
export const openCircuits = ({ circuits }: PublicGate): PublicGate['circuits'] =>
  circuits.filter(({ state }) => state !== 'closed');

export type GateMood = 'open' | 'limited' | 'refused' | 'stopped';

/** The pause that counts for a person: an operator's before Get3W's. */
export const gateMood = ({ pause, operator_pause }: PublicGate): GateMood => {
  if (operator_pause) return 'stopped';
  if (!pause) return 'open';
  return 'until' in pause ? 'limited' : 'refused';
};
