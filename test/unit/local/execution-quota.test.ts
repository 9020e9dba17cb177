import { describe, expect, it } from 'vitest';
import { ExecutionQuota } from '../../../local/lambda/execution-quota.ts';

describe('the quota of executions', () => {
  it('is shared by all functions: what one takes, another lacks', () => {
    const quota = new ExecutionQuota(2, [{ name: 'api' }, { name: 'deliver' }]);
    expect([quota.take('api'), quota.take('deliver'), quota.take('api')]).toEqual([true, true, false]);
    quota.release('deliver');
    expect([quota.take('api'), quota.take('deliver')]).toEqual([true, false]);
  });

  it('a function that reserves has its part alone, and no more than that', () => {
    const quota = new ExecutionQuota(12, [{ name: 'api', concurrencyMax: 2 }, { name: 'deliver' }]);
    expect(Array.from({ length: 11 }, () => quota.take('deliver')).lastIndexOf(true)).toBe(9);
    expect([quota.take('api'), quota.take('api'), quota.take('api')]).toEqual([true, true, false]);
    quota.release('api');
    expect([quota.take('deliver'), quota.take('api')]).toEqual([false, true]);
  });

  it.each([
    [10, 1, 10],
    [100, 91, 10],
    [1_000, 901, 100],
  ])('of %i executions %i cannot be reserved, for %i must be left', (executionsMax, concurrencyMax, left) => {
    const make = (reserved: number) => new ExecutionQuota(executionsMax, [{ name: 'api', concurrencyMax: reserved }]);
    expect(() => make(concurrencyMax)).toThrow(`Lambda keeps ${left}`);
    if (concurrencyMax > 1) expect(make(concurrencyMax - 1).take('api')).toBe(true);
  });
});
