// Compares a gate's counts of slots with the tasks that hold one. Tasks come and go while they are counted one by one, so
// the gate is read before and after: what it counted in between bounds what may have been seen.
// Pure; core/flows/recount-slots.ts reads and repairs.
import { counter } from './gate.ts';
import { counterName } from '../task/derived-counts.ts';
import type { Slot } from '../task/slot.ts';
import type { Gate } from './gate.ts';

/** The counters of a gate that are numbers of tasks. */
const recounted = [counterName.inFlight, counterName.retriesInFlight, counterName.accountProbesInFlight] as const;

type RecountedName = (typeof recounted)[number];

type HeldSlots = Readonly<Record<RecountedName, number>>;

export interface SlotDifference {
  readonly name: RecountedName;
  /** By the gate. */
  readonly counted: number;
  /** By the tasks. */
  readonly held: number;
  /** So many the gate counts too many (or too few, below zero), whatever came and went meanwhile; never zero. */
  readonly amount: number;
}

export function heldSlots(slots: readonly Slot[]): HeldSlots {
  return {
    inFlight: slots.length,
    retriesInFlight: slots.filter(({ kind }) => kind === 'retry').length,
    accountProbesInFlight: slots.filter(({ accountProbe }) => accountProbe).length,
  };
}

/** @param before as it was read before the tasks were, `after` as it was read after them. */
export function slotDifferences(before: Gate, after: Gate, held: HeldSlots): readonly SlotDifference[] {
  const change = (name: string): number => counter(after, name) - counter(before, name);
  const released = change(counterName.releases);
  const taken = released + change(counterName.inFlight);
  return recounted.flatMap((name) => {
    const counted = counter(before, name);
    const tooMany = Math.max(0, counted - released - held[name]);
    const tooFew = Math.max(0, held[name] - counted - taken);
    const amount = tooMany - tooFew;
    return amount === 0 ? [] : [{ name, counted, held: held[name], amount }];
  });
}
