// Seeds that failed once, and what was wrong then. Every test run plays them, in addition to its range.
// A seed gives its world only while draw-world.ts draws in the same way: when that changes, find these again by
// playing an older relay in the present worlds: 4f5d01b had the first five of these faults, a5c1122 the others.

interface KeptSeed {
  readonly seed: number;
  readonly found: string;
}

export const keptSeeds: readonly KeptSeed[] = [
  { seed: 133, found: 'a hand-over that changed one task twice in one commit' },
  { seed: 221, found: 'a free slot that no task got for two seconds' },
  { seed: 548, found: 'a free slot that no task got after a 429' },
  { seed: 711, found: 'a cancelled task that stayed charged though Get3W had never made it' },
  { seed: 1_463, found: 'an attempt that was polled before its time' },
  {
    seed: 32_203,
    found: 'a free slot that no task got, its finder having read a queue whose head was just leaving',
  },
  {
    seed: 57,
    found: 'a gate that woke itself a hundred times a second while all that waited were past their deadline',
  },
  { seed: 26_834, found: 'the same, and a task in its din that queued up while the gate was being opened' },
  { seed: 56_629, found: 'an ended task that was due in the past from the first' },
  { seed: 400_112, found: 'an attempt whose callback address named the attempt before it' },
  {
    seed: 1_001_366,
    found: 'a refused account that was probed again at once, the connection of its probe having broken',
  },
  { seed: 3_693, found: 'a claim that took a slot of a limit which had just been lowered' },
];
