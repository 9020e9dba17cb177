// What only a local relay has: its pace, and the simulator in Get3W's place, whose faults the user can change. The page
// reaches them through the runtime's own calls, which no deployment has.
import { callRelay } from './relay-client.ts';
import { isLoopback } from './session-key.ts';

export interface LocalRuntime {
  /** How many times faster than in AWS periods and schedules pass. */
  readonly speedFactor: number;
  readonly hasSimulator: boolean;
}

interface LocalHealth {
  readonly speedFactor?: number;
  readonly simulator?: boolean;
}

/** Undefined for a relay in AWS. */
export async function findLocalRuntime(): Promise<LocalRuntime | undefined> {
  if (!isLoopback()) return undefined;
  try {
    const { speedFactor = 1, simulator = false } = await callRelay<LocalHealth>('/_local/health', { method: 'GET' });
    return { speedFactor, hasSimulator: simulator };
  } catch {
    // Perhaps a deployment behind a tunnel: it has no such call.
    return undefined;
  }
}

/** Probability by step: a task code, an HTTP status, or the name of a connection fault. */
type FaultRates = Readonly<Record<string, number>>;

export interface SimulatorSettings {
  readonly concurrency: number | null;
  readonly durationMs: number;
  readonly faults: FaultRates;
  readonly webhook: { readonly lost: number; readonly doubled: number; readonly early: number; readonly late: number };
}

export type SimulatorChange = Partial<Omit<SimulatorSettings, 'webhook'>> & {
  readonly webhook?: Partial<SimulatorSettings['webhook']>;
};

const SETTINGS_PATH = '/_local/simulator/settings';

export function readSimulator(signal: AbortSignal): Promise<SimulatorSettings> {
  return callRelay(SETTINGS_PATH, { method: 'GET', signal });
}

/** @throws RelayRefusal that names the setting that is not allowed. */
export function changeSimulator(change: SimulatorChange): Promise<SimulatorSettings> {
  return callRelay(SETTINGS_PATH, { method: 'PUT', body: change });
}
