// The client's verification of webhooks against what the relay itself signs, and against what nobody signed.
import { describe, expect, it } from 'vitest';
import {
  asymmetricSecret,
  publicKeyOf,
  signatureHeader,
  symmetricSecret,
} from '../../../core/domain/webhook/webhook-signature.ts';
import { verifyWebhook, WebhookVerificationError } from '../../../packages/client/source/verify-webhook.ts';

const NOW_MS = 1_800_000_000_000;
const content = { id: 'evt_1', timestampSeconds: NOW_MS / 1_000, body: '{"type":"task.completed","data":{"id":"ü"}}' };
const secret = symmetricSecret(new Uint8Array(32).fill(1));
const other = symmetricSecret(new Uint8Array(32).fill(2));
const signing = asymmetricSecret(new Uint8Array(32).fill(3));

function headersOf(secrets: readonly string[], changed: Readonly<Record<string, string>> = {}) {
  return {
    'webhook-id': content.id,
    'webhook-timestamp': String(content.timestampSeconds),
    'webhook-signature': signatureHeader(secrets, content),
    ...changed,
  };
}

describe('a webhook', () => {
  it.each([
    ['with v1', [secret], secret],
    ['with v1a', [signing], publicKeyOf(signing)],
    ['with a secret among those in rotation', [other, secret], secret],
  ] as const)('that was signed %s is taken', async (_, secrets, key) => {
    const expected = { id: 'evt_1', body: { type: 'task.completed', data: { id: 'ü' } } };
    expect(await verifyWebhook(content.body, headersOf(secrets), key, { nowMs: NOW_MS })).toEqual(expected);
    const bytes = new TextEncoder().encode(content.body);
    expect(await verifyWebhook(bytes, new Headers(headersOf(secrets)), [key], { nowMs: NOW_MS })).toEqual(expected);
  });

  it('is taken by the old and the new of two keys, and by headers in any case', async () => {
    const headers = { 'Webhook-Id': 'evt_1', 'Webhook-Timestamp': '1800000000' };
    const signed = { ...headers, 'Webhook-Signature': [signatureHeader([secret], content)] };
    expect(await verifyWebhook(content.body, signed, [other, secret], { nowMs: NOW_MS })).toMatchObject({
      id: 'evt_1',
    });
  });

  it.each([
    ['another secret', headersOf([other]), content.body, NOW_MS],
    ['another body', headersOf([secret]), `${content.body} `, NOW_MS],
    ['another id', headersOf([secret], { 'webhook-id': 'evt_2' }), content.body, NOW_MS],
    [
      'a signature that is none',
      headersOf([secret], { 'webhook-signature': 'v1,%%% v1 v1a,AAAA' }),
      content.body,
      NOW_MS,
    ],
    ['a header too few', headersOf([secret], { 'webhook-id': '' }), content.body, NOW_MS],
    ['a time that is none', headersOf([secret], { 'webhook-timestamp': 'NaN' }), content.body, NOW_MS],
    ['a time long past', headersOf([secret]), content.body, NOW_MS + 301_000],
    ['a time to come', headersOf([secret]), content.body, NOW_MS - 301_000],
  ])('with %s is refused', async (_, headers, body, atMs) => {
    await expect(verifyWebhook(body, headers, secret, { nowMs: atMs })).rejects.toBeInstanceOf(
      WebhookVerificationError,
    );
  });

  it('is not taken for a public key’s because its scheme says so', async () => {
    const headers = headersOf([secret], {
      'webhook-signature': signatureHeader([secret], content).replace('v1', 'v1a'),
    });
    await expect(verifyWebhook(content.body, headers, secret, { nowMs: NOW_MS })).rejects.toThrow(
      'no signature matches',
    );
  });

  it.each([
    ['v1', 'whsec_%%%'],
    ['v1', 'whsec_'],
    ['v1a', 'whpk_AAAA'],
  ])('is not verified by a key that cannot be read, and says so: %s, %s', async (scheme, key) => {
    const headers = headersOf([secret], { 'webhook-signature': `${scheme},AAAA` });
    const verified = verifyWebhook(content.body, headers, key, { nowMs: NOW_MS });
    await expect(verified).rejects.toBeInstanceOf(WebhookVerificationError);
    await expect(verified).rejects.toThrow('a key cannot be read');
  });
});
