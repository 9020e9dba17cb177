// Small files of the bucket in memory.
import type { SmallFile, SmallFileKind, SmallFiles } from '../../../core/ports/output-ports.ts';

export class MemoryFiles implements SmallFiles {
  readonly all = new Map<string, SmallFile>();
  /** Thrown by each read while it is set. */
  failure: Error | undefined;
  /** How often one was read whole. */
  reads = 0;

  async read(key: string, bytesMax: number): Promise<SmallFile | undefined> {
    this.reads += 1;
    if (this.failure) throw this.failure;
    const file = this.all.get(key);
    return file && file.content.length <= bytesMax ? file : undefined;
  }

  async kindOf(key: string): Promise<SmallFileKind | undefined> {
    if (this.failure) throw this.failure;
    const file = this.all.get(key);
    return file && { bytes: file.content.length, contentType: file.contentType };
  }
}
