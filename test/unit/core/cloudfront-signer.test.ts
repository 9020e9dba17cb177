// Addresses of a distribution, whose signature the public key must confirm as CloudFront would.
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCloudFrontSigner } from '../../../core/adapters/cloudfront-signer.ts';

const NOW = Date.UTC(2026, 0, 1);
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
const distribution = { domain: 'media.example.com', keyPairId: 'K2JCJMDEHXQW5F', secretArn: 'arn:aws:secret' };

function signed(readKey: (secretArn: string) => Promise<string | undefined>) {
  return makeCloudFrontSigner({ distribution, clock: { now: () => NOW }, readKey });
}

function isConfirmed(policy: string, signature: string): boolean {
  const base64 = signature.replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/');
  return createVerify('RSA-SHA1').update(policy).verify(publicKey, base64, 'base64');
}

describe('an address of a distribution', () => {
  it('is signed for its object and its time, and the public key confirms it for no other', async () => {
    const url = new URL(await signed(async () => String(pem)).sign('outputs/acc/task/1-0', 3_600_000));
    const expires = NOW / 1_000 + 3_600;
    expect(`${url.origin}${url.pathname}`).toBe('https://media.example.com/outputs/acc/task/1-0');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Expires: String(expires),
      'Key-Pair-Id': distribution.keyPairId,
    });
    const signature = url.searchParams.get('Signature') ?? '';
    const policyFor = (key: string, until: number): string =>
      `{"Statement":[{"Resource":"https://media.example.com/${key}","Condition":{"DateLessThan":{"AWS:EpochTime":${until}}}}]}`;
    expect(isConfirmed(policyFor('outputs/acc/task/1-0', expires), signature)).toBe(true);
    expect(isConfirmed(policyFor('outputs/acc/task/1-1', expires), signature)).toBe(false);
    expect(isConfirmed(policyFor('outputs/acc/task/1-0', expires + 1), signature)).toBe(false);
  });

  it.each([
    ['no key', 'hunter2'],
    ['a cut one', String(pem).slice(0, 300)],
    ['a public one', String(publicKey.export({ type: 'spki', format: 'pem' }))],
    ['one of another kind', String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))],
  ])('is refused while the secret holds %s, and signed as soon as it holds a key', async (_what, text) => {
    const answers = [text, String(pem)];
    let reads = 0;
    const signer = signed(async () => answers[Math.min(reads++, 1)]);
    const refusal = signer.sign('outputs/a', 1_000);
    await expect(refusal).rejects.toMatchObject({
      code: 'secret-malformed',
      message: expect.stringContaining('must hold an RSA key as PEM') as string,
    });
    await expect(refusal).rejects.not.toThrow(/hunter2/);
    expect(await signer.sign('outputs/a', 1_000)).toContain('Signature=');
  });

  it('reads the key once, and again only after a read that failed', async () => {
    const answers = [undefined, String(pem)];
    let reads = 0;
    const signer = signed(async () => answers[Math.min(reads++, 1)]);
    await expect(signer.sign('outputs/a', 1_000)).rejects.toMatchObject({ code: 'secret-empty' });
    await signer.sign('outputs/a', 1_000);
    await signer.sign('outputs/b', 1_000);
    expect(reads).toBe(2);
  });
});
