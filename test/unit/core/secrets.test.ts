// The provider's key: read once, kept for a while, read again without anybody noticing, and never lost to an outage.
import { describe, expect, it } from 'vitest';
import { makeSecret } from '../../../core/adapters/secrets.ts';
import { SteppedClock } from '../../support/memory/stepped-clock.ts';
import { MINUTE_MS } from '../../../core/domain/time-ms.ts';

const secretWith = (answers: (string | Error | undefined)[]) => {
  const clock = new SteppedClock();
  const read: string[] = [];
  const secret = makeSecret('arn:secret', clock, async (secretId) => {
    read.push(secretId);
    const answer = answers[read.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { secret, clock, read };
};

describe('the secret of the provider', () => {
  it.each([
    ['sk_plain', 'sk_plain'],
    ['  sk_plain\n', 'sk_plain'],
    ['{"apiKey": "sk_pair"}', 'sk_pair'],
  ])('is the key in %j', async (text, key) => {
    expect(await secretWith([text]).secret.read()).toBe(key);
  });

  it.each(['', '   ', '{}', '{"apiKey": ""}', '{"apiKey": 7}', '{not json', undefined])(
    'is unavailable where the text is %j',
    async (text) => {
      await expect(secretWith([text]).secret.read()).rejects.toMatchObject({ code: 'secret-unavailable' });
    },
  );

  it('never shows in the error of a text that is no JSON', async () => {
    const error: unknown = await secretWith(['{"apiKey": sk_unquoted}'])
      .secret.read()
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({ details: { fault: 'not-json' } });
    expect(JSON.stringify([error, String(error), (error as Error).cause ?? null])).not.toContain('sk_unquoted');
  });

  it('is read once for all who ask at once, and kept for five minutes', async () => {
    const { secret, clock, read } = secretWith(['sk_1', 'sk_2']);

    expect(await Promise.all([secret.read(), secret.read(), secret.read()])).toEqual(['sk_1', 'sk_1', 'sk_1']);
    clock.stepTo(clock.now() + 5 * MINUTE_MS - 1);
    expect(await secret.read()).toBe('sk_1');
    expect(read).toEqual(['arn:secret']);
    clock.stepTo(clock.now() + 1);
    expect(await secret.read()).toBe('sk_2');
    expect(read).toHaveLength(2);
  });

  it('stays good while the service does not answer, and is asked for again soon', async () => {
    const { secret, clock, read } = secretWith(['sk_1', new Error('down'), '{broken', 'sk_2']);
    await secret.read();

    for (const step of [5 * MINUTE_MS, 15_000]) {
      clock.stepTo(clock.now() + step);
      expect(await secret.read()).toBe('sk_1');
      expect(await secret.read()).toBe('sk_1');
    }
    expect(read).toHaveLength(3);
    clock.stepTo(clock.now() + 15_000);
    expect(await secret.read()).toBe('sk_2');
  });

  it('is asked for again after a first read that failed', async () => {
    const { secret } = secretWith([new Error('down'), 'sk_1']);

    await expect(secret.read()).rejects.toMatchObject({ code: 'secret-unavailable', cause: { message: 'down' } });
    expect(await secret.read()).toBe('sk_1');
  });
});
