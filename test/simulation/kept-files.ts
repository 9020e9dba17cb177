// The two ends of the keep stage in a simulated world: servers of outputs that fail, break off, or have nothing any more,
// and a bucket that fails. What an output holds follows from its address, so that an auditor knows it too.
import { createHash } from 'node:crypto';
import { RelayError } from '../../core/domain/relay-error.ts';
import { OutputBroken } from '../../core/ports/output-ports.ts';
import { Dice } from './dice.ts';
import type { KeepCause } from '../../core/domain/media/keep-job.ts';
import type { OpenResult, OutputBucket, OutputSource } from '../../core/ports/output-ports.ts';
import type { Faults } from './faults.ts';
import type { Invocation } from './invocation.ts';
import type { KeepPlan } from './world-plan.ts';

/** What becomes of an output, whatever the network does meanwhile. */
type Fate = 'fine' | 'gone' | 'too-large';

export function fateOfOutput(address: string): Fate {
  const [drawn = 0] = createHash('sha256').update(address).digest();
  if (drawn < 16) return 'gone';
  return drawn < 32 ? 'too-large' : 'fine';
}

const pngHead = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03', 'latin1');

export function contentOfOutput(address: string): Buffer {
  return Buffer.concat([pngHead, Buffer.from(address.repeat(3))]);
}

const FILES_DICE = 641;
/** A download and an upload end within the time that the relay allows for them, or its function is killed. */
const callMs = [1, 400] as const;
const slowMs = [20_000, 65_000] as const;

interface Limits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

export class KeptFiles {
  readonly objects = new Map<string, Buffer>();
  readonly #plan: KeepPlan;
  readonly #faults: Faults;
  readonly #dice: Dice;

  constructor(plan: KeepPlan, faults: Faults, seed: number) {
    this.#plan = plan;
    this.#faults = faults;
    this.#dice = new Dice(seed ^ FILES_DICE);
  }

  #strikes(share: number): boolean {
    return this.#faults.isOn && this.#dice.isLucky(share);
  }

  #call<Value>(
    invocation: Invocation,
    what: string,
    apply: () => Value,
    delayMs = this.#dice.between(...callMs),
  ): Promise<Value> {
    return invocation.call(what, { kind: 'other', delayMs, apply: async () => apply() });
  }

  sourceFor(invocation: Invocation, bytesMax: number): OutputSource {
    return {
      open: async (address, { timeoutMs }) => {
        const isFailing = this.#strikes(this.#plan.downloadsFail);
        const cause = this.#dice.pick<KeepCause>(['connection', 'timeout', 'status']);
        return this.#call(invocation, 'GET output', () =>
          isFailing ? { kind: 'failed', cause } : this.#open(invocation, address, { bytesMax, timeoutMs }),
        );
      },
    };
  }

  #open(invocation: Invocation, address: string, { bytesMax, timeoutMs }: Limits): OpenResult {
    const fate = fateOfOutput(address);
    if (fate === 'gone') return { kind: 'failed', cause: 'gone' };
    const content = contentOfOutput(address);
    const bytes = fate === 'too-large' ? bytesMax + 1 : content.length;
    return { kind: 'opened', contentType: 'image/png', bytes, content: this.#content(invocation, content, timeoutMs) };
  }

  async *#content(invocation: Invocation, content: Buffer, timeoutMs: number): AsyncGenerator<Buffer> {
    const middle = Math.floor(content.length / 2);
    yield content.subarray(0, middle);
    const isCut = this.#strikes(this.#plan.downloadsCut);
    const isSlow = this.#strikes(this.#plan.downloadsSlow);
    const readMs = isSlow ? this.#dice.between(...slowMs) : this.#dice.between(...callMs);
    await this.#call(invocation, 'read output', () => undefined, Math.min(readMs, timeoutMs));
    if (readMs > timeoutMs) throw new OutputBroken('timeout', 'the download took too long');
    if (isCut) throw new OutputBroken('connection', 'the download was cut');
    yield content.subarray(middle);
  }

  bucketFor(invocation: Invocation): OutputBucket {
    const ask = (what: string, apply: () => void): Promise<void> => {
      const isFailing = this.#strikes(this.#plan.bucketFails);
      const isApplied = !isFailing || this.#dice.isLucky(0.5);
      return this.#call(invocation, what, () => {
        if (isApplied) apply();
        return isFailing;
      }).then((hasFailed) => {
        if (hasFailed) throw new RelayError('store-unavailable', 'The bucket gave no answer');
      });
    };
    return {
      store: async (key, _contentType, content) => {
        const chunks: Buffer[] = [];
        for await (const chunk of content) chunks.push(chunk);
        await ask('store object', () => this.objects.set(key, Buffer.concat(chunks)));
      },
      remove: (key) => ask('remove object', () => this.objects.delete(key)),
    };
  }
}
