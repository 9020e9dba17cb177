// Long inputs in memory, with the semantics of the bucket.
import type { InputStore } from '../../../core/ports/input-store.ts';

export class MemoryInputs implements InputStore {
  readonly texts = new Map<string, string>();
  /** Keys whose life began anew. */
  readonly renewed: string[] = [];

  async storeInput(key: string, text: string): Promise<void> {
    this.texts.set(key, text);
  }

  async readInput(key: string): Promise<string | undefined> {
    return this.texts.get(key);
  }

  async renewInput(key: string): Promise<void> {
    if (this.texts.has(key)) this.renewed.push(key);
  }

  async adoptUpload(from: string, to: string): Promise<boolean> {
    const found = this.texts.get(from);
    if (found !== undefined) this.texts.set(to, found);
    return found !== undefined;
  }

  async renewUpload(key: string): Promise<boolean> {
    await this.renewInput(key);
    return this.texts.has(key);
  }

  async removeInput(key: string): Promise<void> {
    this.texts.delete(key);
  }
}
