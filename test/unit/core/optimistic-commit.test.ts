import { describe, expect, it } from 'vitest';
import { commitOptimistically, tryPolicies } from '../../../core/ports/optimistic-commit.ts';
import type { Tried } from '../../../core/ports/optimistic-commit.ts';

async function commit(wonAt: number, random = 0.999) {
  const pausesMs: number[] = [];
  const seen: number[] = [];
  const attempt = async (tries: number): Promise<Tried<string>> => {
    seen.push(tries);
    return tries === wonAt ? { result: 'written' } : 'lost';
  };
  const ports = {
    clock: { sleep: async (ms: number) => void pausesMs.push(ms) },
    randomSource: { random: () => random },
  };
  const contended = (): Error => new Error('too many writers');
  const committed = commitOptimistically(ports, { policy: tryPolicies.gateSlots, attempt, contended });
  return { result: await committed.catch((error: Error) => error.message), pausesMs, seen };
}

describe('a write that others race for', () => {
  it('succeeds at once where no other writer was faster', async () => {
    expect(await commit(0)).toEqual({ result: 'written', pausesMs: [], seen: [0] });
  });

  it('is retried after pauses that grow up to their cap', async () => {
    const { result, pausesMs } = await commit(8);
    expect(result).toBe('written');
    expect(pausesMs).toEqual([4, 9, 19, 39, 79, 159, 199, 199]);
  });

  it('is given up with the error of its caller when every try was lost', async () => {
    const { result, seen, pausesMs } = await commit(-1);
    expect(result).toBe('too many writers');
    expect(seen).toHaveLength(tryPolicies.gateSlots.triesMax);
    // No pause after the last: the caller learns at once.
    expect(pausesMs).toHaveLength(tryPolicies.gateSlots.triesMax - 1);
  });

  it('ends with the result of its caller where the caller can do without the write', async () => {
    let tries = 0;
    const attempt = async (): Promise<Tried<string>> => {
      tries += 1;
      return 'lost';
    };
    const ports = { clock: { sleep: async () => {} }, randomSource: { random: () => 0 } };
    const policy = tryPolicies.requestMeter;
    const committed = commitOptimistically(ports, { policy, attempt, contended: () => ({ result: 'without' }) });
    expect(await committed).toBe('without');
    expect(tries).toBe(policy.triesMax);
  });
});
