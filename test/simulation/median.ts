// The middle of some figures, which one bad run can't move.
// Of an even number of them it is the lower one of the two in the middle.

export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor((figures.length - 1) / 2)] ?? Number.NaN;
}
