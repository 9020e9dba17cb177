// The states of a lane's worker from the claim of the lane to its end: when each is entered, what holds in it, and what
// leaves it. lane-worker.ts is in exactly one of them; docs/architecture.md shows this table.
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
    leaves: ['nothing under way: the fault is thrown, the doorbell is redelivered'],
  },
  leaving: {
    entered: 'nothing is under way, nothing is due or may begin',
    holds: 'takes up no new delivery; the next visit is planned and the lane released',
    leaves: ['released', 'lease lost', 'something came: back to the previous state'],
  },
  gone: { entered: 'the lane is released or lost, or a fault was thrown', holds: 'nothing begins again', leaves: [] },
} as const satisfies Readonly<Record<string, StateRow>>;

export type LaneWorkerState = keyof typeof laneWorkerStates;
