// Read, change, write on the version that was read, and again when another writer was faster: the one loop for this,
// and how often and with which pauses each kind of item is tried. The caller reads and writes in each try.
import type { RandomSource, Clock } from './ports.ts';

/** Tries before it gives up, and the ceilings of the first pause and of any pause between two tries. */
interface TryPolicy {
  readonly triesMax: number;
  readonly baseMs: number;
  readonly capMs: number;
}

export const tryPolicies = {
  /** Races for one task are short: whatever loses this often has a fault, not a rival. */
  task: { triesMax: 12, baseMs: 0, capMs: 0 },
  /** All tasks meet at the gate, so the losers spread out. */
  gateSlots: { triesMax: 20, baseMs: 5, capMs: 200 },
  /** An operator's change of the gate must get between two allocations, and waits in no queue. */
  gateSteering: { triesMax: 20, baseMs: 50, capMs: 50 },
  /** Outcomes of one model that come at once; one that is not tallied is no loss. */
  modelHealth: { triesMax: 8, baseMs: 5, capMs: 50 },
  /** An owner changes an endpoint or a secret by hand. */
  endpoint: { triesMax: 5, baseMs: 0, capMs: 0 },
  /** Only replays by its owner change a delivery while its lane's holder works, and they are rare. */
  delivery: { triesMax: 6, baseMs: 0, capMs: 0 },
  /** Holders change within milliseconds. */
  lane: { triesMax: 8, baseMs: 5, capMs: 50 },
  /** Two ways to write it, each twice: between them others may have used it, or its time may have passed. */
  requestMeter: { triesMax: 4, baseMs: 0, capMs: 0 },
  /**
   * An account changes under a commit: each try knows what the last one met. A new day and three thresholds of each of three
   * budgets may all come between.
   */
  account: { triesMax: 12, baseMs: 5, capMs: 100 },
  /** Each try picks another free place at random. */
  places: { triesMax: 8, baseMs: 0, capMs: 0 },
  /** A reader of the account's log raised its fence: the next position is known from the refusal. */
  eventPosition: { triesMax: 6, baseMs: 0, capMs: 0 },
  /** Not a race: SQS refused some entries of a batch, and the rest of the batch is sent. Once more, after the whole pause. */
  doorbellSend: { triesMax: 2, baseMs: 100, capMs: 100 },
} as const satisfies Record<string, TryPolicy>;

/** `lost`: another writer was faster. Anything else ends the tries. */
export type Tried<Result> = 'lost' | { readonly result: Result };

/** How long to pause after a lost try, in whole milliseconds: full jitter under a ceiling that doubles. */
function pauseAfterTryMs({ baseMs, capMs }: TryPolicy, tries: number, random: number): number {
  return Math.floor(random * Math.min(capMs, baseMs * 2 ** Math.min(tries, 20)));
}

export interface OptimisticCommit<Result> {
  readonly policy: TryPolicy;
  /** @param tries how many were lost before: 0 for the first. */
  readonly attempt: (tries: number) => Promise<Tried<Result>>;
  /** When every try was lost: the error to throw, or the result that will do without the write. */
  readonly contended: () => Error | { readonly result: Result };
}

export async function commitOptimistically<Result>(
  {
    clock,
    randomSource,
  }: { readonly clock: Pick<Clock, 'sleep'>; readonly randomSource: Pick<RandomSource, 'random'> },
  { policy, attempt, contended }: OptimisticCommit<Result>,
): Promise<Result> {
  for (let tries = 0; tries < policy.triesMax; tries += 1) {
    const tried = await attempt(tries);
    if (tried !== 'lost') return tried.result;
    const isLast = tries + 1 === policy.triesMax;
    if (policy.capMs > 0 && !isLast) await clock.sleep(pauseAfterTryMs(policy, tries, randomSource.random()));
  }
  const end = contended();
  if (end instanceof Error) throw end;
  return end.result;
}
