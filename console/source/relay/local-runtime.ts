// What only a relay on one machine has: its pace, and the simulator that stands in for Get3W, whose faults can be
// turned up and down. Asked for through the runtime's own calls, which no deployment has.
import { callRelay } from './relay-client.ts';
import { isLoopback } from './session-key.ts';

export interface LocalRuntime {
  /** Periods and schedules pass so many times faster than in AWS. */
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
    // A deployment behind a tunnel, perhaps: it has no such call.
    return undefined;
  }
}

/** Probability by step: a task code, an HTTP status, or the name of what befalls the connection. */
export type FaultRates = Readonly<Record<string, number>>;

export interface SimulatorSettings {
  readonly concurrency: number | null;
  readonly durationMs: number;
  readonly faults: FaultRates;
  readonly webhook: { readonly lost: number; readonly doubled: number; readonly early: number; readonly late: number };
}

export type SimulatorChange = Partial<Omit<SimulatorSettings, 'webhook'>> & {
  readonly webhook?: Partial<SimulatorSettings['webhook']>;
};

const settingsPath = '/_local/simulator/settings';

export function readSimulator(signal: AbortSignal): Promise<SimulatorSettings> {
  return callRelay(settingsPath, { method: 'GET', signal });
}

/** @throws RelayRefusal that says which setting is not allowed. */
export function changeSimulator(change: SimulatorChange): Promise<SimulatorSettings> {
  return callRelay(settingsPath, { method: 'PUT', body: change });
}
