// Finds the addresses of media in the outputs of a task: Get3W returns a list of addresses for most models, and objects
// that hold addresses for some. What is no address, such as text or data, is the task's own and needs no copy.
import { limits } from '../limits.ts';

/** Each address once, in the order in which the outputs name them; their place is the number of the kept output. */
export function outputAddresses(outputs: unknown): readonly string[] {
  const found = new Set<string>();
  collect(outputs, limits.outputsNestingMax, found);
  return [...found].slice(0, limits.keptOutputsMax);
}

function collect(value: unknown, levels: number, found: Set<string>): void {
  if (typeof value === 'string') {
    if (/^https?:\/\//i.test(value) && URL.canParse(value)) found.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null || levels === 0) return;
  for (const one of Object.values(value)) collect(one, levels - 1, found);
}
