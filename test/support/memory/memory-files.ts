// Small files of the bucket in memory.
import type { SmallFile, SmallFiles } from '../../../core/ports/output-ports.ts';

export class MemoryFiles implements SmallFiles {
  readonly all = new Map<string, SmallFile>();
  /** Thrown by each read while it is set. */
  failure: Error | undefined;

  async read(key: string, bytesMax: number): Promise<SmallFile | undefined> {
    if (this.failure) throw this.failure;
    const file = this.all.get(key);
    return file && file.content.length <= bytesMax ? file : undefined;
  }
}
