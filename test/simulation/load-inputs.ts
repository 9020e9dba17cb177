// The bucket of a load world: long inputs in memory, with the time that S3 takes and a count of the calls that it bills.
// s3-inputs.ts makes the calls of the product.
import { MemoryInputs } from '../support/memory/memory-inputs.ts';
import type { Dice } from './dice.ts';
import type { LoadBill } from './load-bill.ts';
import type { VirtualTime } from './virtual-time.ts';

interface LoadInputsOptions {
  readonly time: Pick<VirtualTime, 'sleep'>;
  readonly dice: Pick<Dice, 'logNormal'>;
  readonly bill: LoadBill;
}

/** Median of a call from within the region: assumed, not measured. */
const CALL_MS = 25;

export class LoadInputs extends MemoryInputs {
  readonly #options: LoadInputsOptions;

  constructor(options: LoadInputsOptions) {
    super();
    this.#options = options;
  }

  override async storeInput(key: string, text: string): Promise<void> {
    await this.#call();
    this.#options.bill.putObject(Buffer.byteLength(text));
    await super.storeInput(key, text);
  }

  override async readInput(key: string): Promise<string | undefined> {
    await this.#call();
    this.#options.bill.getObject();
    return super.readInput(key);
  }

  #call(): Promise<void> {
    const { time, dice } = this.#options;
    return time.sleep(dice.logNormal(CALL_MS, 0.4));
  }
}
