// Which address the page shows of each output of a task: the relay's copy where it keeps one, else Get3W's own, which is
// gone after some days.
import type { PublicTask } from '../../../core/http/public-task.ts';

export interface ShownOutput {
  /** Get3W's address, by which the page knows the output: those of the bucket are signed for each answer. */
  readonly source: string;
  readonly address: string;
  readonly isKept: boolean;
}

/** Most models return a list of addresses as outputs; the page shows anything else as it is. */
export function shownOutputs({ outputs, kept_outputs: kept = [] }: PublicTask): readonly ShownOutput[] {
  const copies = new Map(kept.flatMap(({ source, url }) => (url === null ? [] : [[source, url] as const])));
  return addressesOf(outputs).map((source) => {
    const copy = copies.get(source);
    return { source, address: copy ?? source, isKept: copy !== undefined };
  });
}

function addressesOf(outputs: unknown): readonly string[] {
  return (Array.isArray(outputs) ? (outputs as unknown[]) : [outputs]).filter(
    (output): output is string => typeof output === 'string' && /^(https?:|data:image\/)/.test(output),
  );
}
