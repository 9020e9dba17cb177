// Which address the page shows of each output of a task: the relay's copy where it keeps one, else Get3W's own, which is
// gone after some days; and what has become of the copy.
import type { PublicKeptOutput } from '../../../core/http/public-outputs.ts';
import type { PublicTask } from '../../../core/http/public-task.ts';

export interface ShownOutput {
  /** Get3W's address, by which the page knows the output: those of the bucket are signed for each answer. */
  readonly source: string;
  readonly address: string;
  readonly isKept: boolean;
  /** Why there is no copy, or not yet; absent where its task keeps none. */
  readonly missing?: string;
}

const reasons: Readonly<Record<NonNullable<PublicKeptOutput['cause']>, string>> = {
  address: 'its address may not be called',
  connection: 'its server broke off or did not answer',
  timeout: 'its server was too slow',
  status: 'its server answered with an error',
  gone: 'its server no longer had it',
  'too-large': 'it is larger than this relay keeps',
  'not-media': 'its server sent a page in its place',
  bucket: 'the bucket did not take it',
  expired: 'no try succeeded before it expired',
};

/** Most models return a list of addresses as outputs; the page shows anything else as it is. */
export function shownOutputs({ outputs, kept_outputs: kept = [] }: PublicTask): readonly ShownOutput[] {
  const copies = new Map(kept.map((copy) => [copy.source, copy]));
  return addressesOf(outputs).map((source) => {
    const copy = copies.get(source);
    const url = copy?.url ?? undefined;
    const missing = copy && missingText(copy);
    return { source, address: url ?? source, isKept: url !== undefined, ...(missing !== undefined && { missing }) };
  });
}

function missingText({ state, cause }: PublicKeptOutput): string | undefined {
  if (state === 'kept') return undefined;
  const because = cause === null ? '' : `: ${reasons[cause]}`;
  return state === 'lost' ? `Not kept${because}` : `Not kept yet${because}`;
}

function addressesOf(outputs: unknown): readonly string[] {
  return (Array.isArray(outputs) ? (outputs as unknown[]) : [outputs]).filter(
    (output): output is string => typeof output === 'string' && /^(https?:|data:image\/)/.test(output),
  );
}
