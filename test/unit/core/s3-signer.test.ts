import { expect, it } from 'vitest';
import { makeS3Signer } from '../../../core/adapters/s3-signer.ts';

/** The example of AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)". */
const example = {
  region: 'us-east-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const clock = { now: () => Date.UTC(2013, 4, 24) };
const DAY_MS = 86_400_000;

it('signs the example of AWS as AWS does', async () => {
  const endpoint = 'https://examplebucket.s3.amazonaws.com';
  // AWS signs for the host without a region, and the bucket is a part of it.
  const signer = makeS3Signer({ bucket: '.', clock, endpoint, access: async () => example });
  const url = new URL(await signer.sign('test.txt', DAY_MS));
  expect(url.searchParams.get('X-Amz-Signature')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
  expect(url.searchParams.get('X-Amz-Expires')).toBe('86400');
});

it('signs the session of a role with the rest', async () => {
  const access = async () => ({ ...example, sessionToken: 'a/b+c=' });
  const signed = await makeS3Signer({ bucket: 'media', clock, access }).sign('outputs/a b/1-0', 1_000);
  expect(signed).toMatch(/^https:\/\/media\.s3\.us-east-1\.amazonaws\.com\/outputs\/a%20b\/1-0\?/);
  expect(signed).toContain('&X-Amz-Security-Token=a%2Fb%2Bc%3D&X-Amz-SignedHeaders=host&');
});

it('names the bucket in the path where its name has dots, which no certificate of S3 covers', async () => {
  const signer = makeS3Signer({ bucket: 'media.example.com', clock, access: async () => example });
  expect(await signer.sign('k', 1_000)).toMatch(/^https:\/\/s3\.us-east-1\.amazonaws\.com\/media\.example\.com\/k\?/);
});
