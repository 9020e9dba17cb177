// The provider's key: read once, kept for a while, read again in the background, and never lost to an outage.
import { describe, expect, it, vi } from 'vitest';
import { makeSecret } from '../../../core/adapters/secrets.ts';
import { SteppedClock } from '../../support/memory/stepped-clock.ts';
import { MINUTE_MS } from '../../../core/domain/time-ms.ts';

function secretWith(answers: (string | Error | undefined)[]) {
  const clock = new SteppedClock();
  const read: string[] = [];
  const secret = makeSecret('arn:secret', clock, async (secretId) => {
    read.push(secretId);
    const answer = answers[read.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { secret, clock, read };
}

describe('the secret of the provider', () => {
  it.each([
    ['sk_plain', 'sk_plain'],
    ['  sk_plain\n', 'sk_plain'],
    ['{"apiKey": "sk_pair"}', 'sk_pair'],
  ])('is the key in %j', async (text, key) => {
    expect(await secretWith([text]).secret.read()).toBe(key);
  });

  it.each(['', '   ', '{}', '{"apiKey": ""}', '{"apiKey": 7}', undefined])(
    'holds no key yet where the text is %j',
    async (text) => {
      await expect(secretWith([text]).secret.read()).rejects.toMatchObject({ code: 'secret-empty' });
    },
  );

  it('is malformed where the text begins as JSON and is none', async () => {
    await expect(secretWith(['{not json']).secret.read()).rejects.toMatchObject({ code: 'secret-malformed' });
  });

  it.each([
    ['AccessDeniedException', 'secret-denied', 'denied'],
    ['DecryptionFailure', 'secret-denied', 'undecryptable'],
    ['KMSDisabledException', 'secret-denied', 'undecryptable'],
    ['InvalidRequestException', 'secret-denied', 'refused'],
    ['ResourceNotFoundException', 'secret-empty', 'missing'],
    ['ThrottlingException', 'secret-unavailable', 'throttled'],
    ['InternalServerError', 'secret-unavailable', 'unavailable'],
    ['TimeoutError', 'secret-unavailable', 'unavailable'],
  ])('that %s keeps from being read is reported as %s (%s)', async (name, code, fault) => {
    const error = Object.assign(new Error('as AWS says'), { name });
    await expect(secretWith([error]).secret.read()).rejects.toMatchObject({ code, details: { fault } });
  });

  it('is given up after a time of its own where neither an answer nor an error comes', async () => {
    vi.useFakeTimers();
    try {
      const silent = makeSecret('arn:secret', new SteppedClock(), () => new Promise(() => undefined));
      const read = expect(silent.read()).rejects.toMatchObject({ code: 'secret-unavailable' });
      await vi.advanceTimersByTimeAsync(8_000);
      await read;
    } finally {
      vi.useRealTimers();
    }
  });

  it('is read again for a key that was refused, once for all calls that were refused at once', async () => {
    const { secret, read } = secretWith(['sk_1', 'sk_2', 'sk_3']);
    await secret.read();

    expect(await Promise.all([secret.reread('sk_1'), secret.reread('sk_1')])).toEqual(['sk_2', 'sk_2']);
    expect(await secret.reread('sk_1')).toBe('sk_2');
    expect(await secret.read()).toBe('sk_2');
    expect(read).toHaveLength(2);
  });

  it('is believed for 15 seconds where it still holds the key that was refused', async () => {
    const { secret, clock, read } = secretWith(['sk_1', 'sk_1', 'sk_2']);
    await secret.read();

    for (let count = 0; count < 5; count += 1) expect(await secret.reread('sk_1')).toBe('sk_1');
    expect(read).toHaveLength(2);
    clock.stepTo(clock.now() + 15_000);
    expect(await secret.reread('sk_1')).toBe('sk_2');
  });

  it('never shows in the error about a text that is not JSON', async () => {
    const error: unknown = await secretWith(['{"apiKey": sk_unquoted}'])
      .secret.read()
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({ details: { fault: 'malformed' } });
    expect(JSON.stringify([error, String(error), (error as Error).cause ?? null])).not.toContain('sk_unquoted');
  });

  it('is read once for all calls at the same time, and kept for five minutes', async () => {
    const { secret, clock, read } = secretWith(['sk_1', 'sk_2']);

    expect(await Promise.all([secret.read(), secret.read(), secret.read()])).toEqual(['sk_1', 'sk_1', 'sk_1']);
    clock.stepTo(clock.now() + 5 * MINUTE_MS - 1);
    expect(await secret.read()).toBe('sk_1');
    expect(read).toEqual(['arn:secret']);
    clock.stepTo(clock.now() + 1);
    expect(await secret.read()).toBe('sk_2');
    expect(read).toHaveLength(2);
  });

  it('stays in use while the service does not answer, and is read again soon', async () => {
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

  it('is read again after a first read that failed', async () => {
    const { secret } = secretWith([Object.assign(new Error('down'), { name: 'TimeoutError' }), 'sk_1']);

    await expect(secret.read()).rejects.toMatchObject({ code: 'secret-unavailable', cause: { message: 'down' } });
    expect(await secret.read()).toBe('sk_1');
  });
});
