// The acknowledged alarms in memory.
import type { Acknowledgement, Acknowledgements } from '../../../core/ports/acknowledgements.ts';

export class MemoryAcknowledgements implements Acknowledgements {
  readonly #rows = new Map<string, Acknowledgement>();

  async read(): Promise<Readonly<Record<string, Acknowledgement>>> {
    return Object.fromEntries(this.#rows);
  }

  async write(alarm: string, acknowledgement: Acknowledgement, over: readonly string[]): Promise<void> {
    for (const name of over) this.#rows.delete(name);
    this.#rows.set(alarm, Object.freeze({ ...acknowledgement }));
  }
}
