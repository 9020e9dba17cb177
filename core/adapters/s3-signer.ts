// Signs addresses by which an object of the bucket is read or written for a while: signature version 4 in the query. It needs no call and
// no client of S3, which is why functions that only hand addresses out start no slower for it.
// Source: AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
import { createHash, createHmac } from 'node:crypto';
import { dynamoClient } from './dynamodb/dynamo-table.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../ports/ports.ts';
import type { OutputSigner } from '../ports/output-ports.ts';

interface AwsAccess {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface S3SignerOptions {
  readonly bucket: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Address of a stand-in for S3, as the SDK takes it. @default S3 itself */
  readonly endpoint?: string | undefined;
  /** @default that of this process */
  readonly access?: () => Promise<AwsAccess>;
}

export function makeS3Signer(options: S3SignerOptions): OutputSigner {
  return {
    sign: (key, signedMs) => signAddress(options, { method: 'GET', key, signedMs, headers: {} }),
  };
}

interface SignedCall {
  readonly method: string;
  readonly key: string;
  readonly signedMs: number;
  /** Sent with it, names in lower case: S3 demands that those of its own are signed. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An address by which one call can be made for so long. */
export async function signAddress(
  { bucket, clock, endpoint, access = sharedAccess }: S3SignerOptions,
  { method, key, signedMs, headers }: SignedCall,
): Promise<string> {
  const known = await access();
  const url = new URL(`${bucketUrl(bucket, known.region, endpoint)}/${encodePath(key)}`);
  return signedUrl(url, known, { method, headers, now: clock.now(), seconds: Math.floor(signedMs / 1_000) });
}

/** The region and the credentials of this process, as its client has them. */
function sharedAccess(): Promise<AwsAccess> {
  return accessOf(dynamoClient());
}

export async function accessOf({ config }: Pick<DynamoDBClient, 'config'>): Promise<AwsAccess> {
  const [region, { accessKeyId, secretAccessKey, sessionToken }] = await Promise.all([
    config.region(),
    config.credentials(),
  ]);
  return { region, accessKeyId, secretAccessKey, sessionToken };
}

function bucketUrl(bucket: string, region: string, endpoint: string | undefined): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  // The certificate of S3 covers one label before its own name.
  return bucket.includes('.') ? `https://s3.${region}.${suffix}/${bucket}` : `https://${bucket}.s3.${region}.${suffix}`;
}

/** @param url encoded as `encode` does it. */
function signedUrl(
  url: URL,
  { region, accessKeyId, secretAccessKey, sessionToken }: AwsAccess,
  {
    method,
    headers,
    now,
    seconds,
  }: Omit<SignedCall, 'key' | 'signedMs'> & { readonly now: number; readonly seconds: number },
): string {
  const signed = Object.entries({ ...headers, host: url.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const moment = momentText(now);
  const scope = scopeOf(region, now);
  const parameters: Readonly<Record<string, string | undefined>> = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': moment,
    'X-Amz-Expires': String(seconds),
    'X-Amz-Security-Token': sessionToken,
    'X-Amz-SignedHeaders': names,
  };
  const query = Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encode(value)}`]))
    .join('&');
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}`);
  const request = [method, url.pathname, query, ...lines, '', names, 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  const signature = signatureOf({ secretAccessKey }, scope, ['AWS4-HMAC-SHA256', moment, scope, digest].join('\n'));
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signature}`;
}

/** `20260101T120000Z`. */
export function momentText(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function scopeOf(region: string, now: number): string {
  return `${momentText(now).slice(0, 8)}/${region}/s3/aws4_request`;
}

/** In hex, by a key that is good for this scope alone. */
export function signatureOf(
  { secretAccessKey }: Pick<AwsAccess, 'secretAccessKey'>,
  scope: string,
  text: string,
): string {
  return hmac(scope.split('/').reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`), text).toString('hex');
}

/** What a signature of this moment is made with. */
export async function accessScope({ clock, access = sharedAccess }: Pick<S3SignerOptions, 'clock' | 'access'>) {
  const known = await access();
  const now = clock.now();
  return { access: known, scope: scopeOf(known.region, now), now };
}

export function addressOfBucket({ bucket, endpoint }: S3SignerOptions, region: string): string {
  return bucketUrl(bucket, region, endpoint);
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Everything but the unreserved characters, as the signature demands; encodeURIComponent leaves five more. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodePath(key: string): string {
  return key.split('/').map(encode).join('/');
}
