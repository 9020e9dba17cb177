// The states of a lane's worker, one holding of a lane from its claim to its end: entered when, what holds in it, and
// what it is left by. lane-worker.ts is in exactly one of them; docs/architecture.md shows this table.
import type { StateRow } from '../state-row.ts';

export const laneWorkerStates = {
  working: {
    entered: 'the lane is claimed; something came while it was being released',
    holds: 'calls begin while something is due and room, rate, time and the share of its account allow',
    leaves: ['account has no run left', 'fault of the relay', 'nothing left to do now'],
  },
  'put-off': {
    entered: 'the account has no run left for a receiver that is not trusted',
    holds: 'nothing more begins; what is under way ends and is recorded',
    leaves: ['fault of the relay', 'nothing under way'],
  },
  failing: {
    entered: 'the relay itself failed in a call: the table, or a mistake',
    holds: 'nothing more begins; what is under way ends and is recorded; the lane stays leased',
    leaves: ['nothing under way: the fault is thrown, the doorbell comes again'],
  },
  leaving: {
    entered: 'nothing is under way, nothing is due or may begin',
    holds: 'takes no new delivery into its hands; the next visit is planned and the lane released',
    leaves: ['released', 'lease lost', 'something came: back to what it was'],
  },
  gone: { entered: 'the lane is released or lost, or a fault was thrown', holds: 'nothing begins again', leaves: [] },
} as const satisfies Readonly<Record<string, StateRow>>;

export type LaneWorkerState = keyof typeof laneWorkerStates;
