import { createHash } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import {
  asymmetricSecret,
  publicKeyOf,
  schemeOf,
  signatureHeader,
  signedHeaders,
  symmetricSecret,
} from '../../../core/domain/webhook/webhook-signature.ts';

const content = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampSeconds: 1614265330,
  body: '{"test": 2432232314}',
};
const SYMMETRIC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ASYMMETRIC = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const SYMMETRIC_SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const ASYMMETRIC_SIGNATURE =
  'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';

function bytes(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

describe('the signature of a webhook', () => {
  it('is the one of the vector that the libraries of the specification share, for v1', () => {
    expect(signatureHeader([SYMMETRIC], content)).toBe(SYMMETRIC_SIGNATURE);
  });

  it('is the one of the ed25519 vector, for v1a', () => {
    expect(signatureHeader([ASYMMETRIC], content)).toBe(ASYMMETRIC_SIGNATURE);
    expect(publicKeyOf(ASYMMETRIC)).toBe('whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=');
  });

  it('has one part per secret while secrets overlap, so that a receiver with either is content', () => {
    const fresh = symmetricSecret(bytes('fresh'));
    const header = signatureHeader([fresh, SYMMETRIC, ASYMMETRIC], content);
    expect(header.split(' ')).toEqual([expect.stringMatching(/^v1,/), SYMMETRIC_SIGNATURE, ASYMMETRIC_SIGNATURE]);
  });

  it('is accepted by standardwebhooks and svix, alone and among others', () => {
    const fresh = symmetricSecret(bytes('fresh'));
    const now = { id: 'evt_1', timestampSeconds: Math.floor(Date.now() / 1_000), body: '{"type":"task.completed"}' };
    const headers = { ...signedHeaders([asymmetricSecret(bytes('seed')), fresh, SYMMETRIC], now) };
    for (const secret of [fresh, SYMMETRIC]) {
      expect(new StandardWebhook(secret).verify(now.body, headers)).toEqual({ type: 'task.completed' });
      expect(() => new SvixWebhook(secret).verify(now.body, headers)).not.toThrow();
    }
    expect(() => new StandardWebhook(symmetricSecret(bytes('other'))).verify(now.body, headers)).toThrow();
    expect(() => new StandardWebhook(fresh).verify(`${now.body} `, headers)).toThrow();
  });

  it('covers the id, the time and every byte of the body', () => {
    const good = signatureHeader([SYMMETRIC], content);
    const changes = [
      { id: 'msg_2' },
      { timestampSeconds: content.timestampSeconds + 1 },
      { body: '{"test":2432232314}' },
    ];
    for (const change of changes) expect(signatureHeader([SYMMETRIC], { ...content, ...change })).not.toBe(good);
  });

  it('refuses an id with a dot, which would blur where the fields part', () => {
    expect(() => signatureHeader([SYMMETRIC], { ...content, id: 'a.1614265330' })).toThrow(TypeError);
  });
});

describe('the secrets of webhooks', () => {
  it('carry their kind in their prefix', () => {
    expect(symmetricSecret(bytes('a'))).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(asymmetricSecret(bytes('a'))).toMatch(/^whsk_/);
    expect([symmetricSecret(bytes('a')), asymmetricSecret(bytes('a'))].map(schemeOf)).toEqual(['v1', 'v1a']);
  });

  it('are refused when they are shorter or longer than the specification has them', () => {
    for (const count of [23, 65]) expect(() => symmetricSecret(new Uint8Array(count))).toThrow(RangeError);
    expect(() => asymmetricSecret(new Uint8Array(31))).toThrow(RangeError);
  });

  it('give the public key back from the seed alone', () => {
    const seed = Buffer.from(ASYMMETRIC.slice('whsk_'.length), 'base64').subarray(0, 32);
    expect(asymmetricSecret(seed)).toBe(ASYMMETRIC);
  });
});
