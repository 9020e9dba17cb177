// The acknowledged alarms in memory.
import type { Acknowledgement, Acknowledgements } from '../../../core/ports/acknowledgements.ts';

export class MemoryAcknowledgements implements Acknowledgements {
  readonly #rows = new Map<string, Acknowledgement>();

  async read(): Promise<Readonly<Record<string, Acknowledgement>>> {
    return Object.fromEntries(this.#rows);
  }

  async write(
    alarm: string,
    acknowledgement: Acknowledgement,
    over: Readonly<Record<string, Acknowledgement>>,
  ): Promise<void> {
    for (const [name, seen] of Object.entries(over)) {
      if (JSON.stringify(this.#rows.get(name)) === JSON.stringify(seen)) this.#rows.delete(name);
    }
    this.#rows.set(alarm, Object.freeze({ ...acknowledgement }));
  }
}
