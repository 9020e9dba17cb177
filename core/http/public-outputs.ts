// Kept outputs as clients see them: one for each address of the task's outputs, in their order. Pure; who shows them
// chooses the addresses.
import { outputAddresses } from '../domain/media/output-addresses.ts';
import type { KeepCause, KeepJob, KeptOutput } from '../domain/media/keep-job.ts';

export interface PublicKeptOutput {
  /** Get3W's own address of it. */
  readonly source: string;
  readonly state: 'pending' | 'kept' | 'lost';
  /** Where it can be fetched from the relay; null while it is not kept. */
  readonly url: string | null;
  /** Its key in the relay's bucket. */
  readonly key: string | null;
  readonly bytes: number | null;
  /** Hex. */
  readonly sha256: string | null;
  readonly content_type: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly kept_at: string | null;
  /** Why it is not kept, or the last try failed. */
  readonly cause: KeepCause | null;
}

/** @param urlOf the address of a kept output, by its number and key. */
export function publicKeptOutputs(
  { outputs }: KeepJob,
  taskOutputs: unknown,
  urlOf: (index: number, key: string) => string,
): readonly PublicKeptOutput[] {
  const sources = outputAddresses(taskOutputs);
  return outputs.map((output, index) => ({
    source: sources[index] ?? '',
    state: output.state,
    ...(output.state === 'kept' ? keptFields(output, urlOf(index, output.key)) : unkeptFields(output.cause ?? null)),
  }));
}

type Fields = Omit<PublicKeptOutput, 'source' | 'state'>;

function keptFields(output: Extract<KeptOutput, { state: 'kept' }>, url: string): Fields {
  return {
    url,
    key: output.key,
    bytes: output.bytes,
    sha256: output.sha256,
    content_type: output.contentType,
    width: output.width ?? null,
    height: output.height ?? null,
    kept_at: new Date(output.keptAt).toISOString(),
    cause: null,
  };
}

function unkeptFields(cause: KeepCause | null): Fields {
  return {
    url: null,
    key: null,
    bytes: null,
    sha256: null,
    content_type: null,
    width: null,
    height: null,
    kept_at: null,
    cause,
  };
}
