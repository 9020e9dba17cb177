// Reads kept outputs back from the bucket and hashes them again, as streams and a few at once, so that memory does not
// grow with them. What lies there must be what was kept, byte for byte; output-commands.ts reports what is not.
import { createHash } from 'node:crypto';
import type { ObjectReader } from '../core/ports/output-ports.ts';
import type { ListedOutput } from './listed-outputs.ts';

export interface Verified {
  readonly outputs: number;
  readonly bytes: number;
  readonly different: readonly Difference[];
}

/** An output of which the bucket holds nothing, or something else. */
interface Difference extends Pick<ListedOutput, 'task_id' | 'output' | 'key' | 'sha256' | 'bytes'> {
  readonly found: 'nothing' | 'other-bytes' | 'unreadable';
  readonly found_sha256: string | null;
  readonly found_bytes: number | null;
  readonly error: string | null;
}

const READ_AT_ONCE = 4;

/** @param onChecked called after each of them. */
export async function verifyOutputs(
  reader: ObjectReader,
  outputs: AsyncIterable<ListedOutput>,
  onChecked: (output: ListedOutput) => void,
): Promise<Verified> {
  const different: Difference[] = [];
  let [checked, bytes] = [0, 0];
  const left = outputs[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    for (let next = await left.next(); !next.done; next = await left.next()) {
      const difference = await whyDifferent(reader, next.value);
      if (difference) different.push(difference);
      checked += 1;
      bytes += next.value.bytes ?? 0;
      onChecked(next.value);
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return { outputs: checked, bytes, different };
}

/** One that cannot be read is reported, and keeps none of the others from being checked. */
async function whyDifferent(reader: ObjectReader, output: ListedOutput): Promise<Difference | undefined> {
  const { task_id, output: number, key, sha256, bytes } = output;
  const about = { task_id, output: number, key, sha256, bytes, found_sha256: null, found_bytes: null, error: null };
  try {
    const content = await reader.read(key ?? '');
    if (!content) return { ...about, found: 'nothing' };
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      length += chunk.length;
    }
    const found = hash.digest('hex');
    if (found === sha256 && length === bytes) return undefined;
    return { ...about, found: 'other-bytes', found_sha256: found, found_bytes: length };
  } catch (error) {
    return { ...about, found: 'unreadable', error: error instanceof Error ? error.name : String(error) };
  }
}
