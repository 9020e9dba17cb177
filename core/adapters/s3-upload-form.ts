// Makes forms by which a client puts one file into the bucket: a policy binds its key, its type and its exact size.
// Source: AWS, "Browser-based uploads using POST", "Creating a POST policy" and "Authentication (AWS Signature Version 4)".
import { accessScope, addressOfBucket, momentText, signatureOf } from './s3-signer.ts';
import type { UploadForm, UploadForms } from '../ports/output-ports.ts';
import type { S3SignerOptions } from './s3-signer.ts';

export function makeUploadForms(options: S3SignerOptions): UploadForms {
  return {
    makeForm: async ({ key, contentType, bytes, goodMs }): Promise<UploadForm> => {
      const { access, scope, now } = await accessScope(options);
      const fields: Record<string, string> = {
        key,
        'Content-Type': contentType,
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${access.accessKeyId}/${scope}`,
        'X-Amz-Date': momentText(now),
        ...(access.sessionToken !== undefined && { 'X-Amz-Security-Token': access.sessionToken }),
      };
      const conditions = [
        { bucket: options.bucket },
        ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
        ['content-length-range', bytes, bytes],
      ];
      const document = JSON.stringify({ expiration: new Date(now + goodMs).toISOString(), conditions });
      const policy = Buffer.from(document).toString('base64');
      const signature = signatureOf(access, scope, policy);
      return {
        url: addressOfBucket(options, access.region),
        fields: { ...fields, Policy: policy, 'X-Amz-Signature': signature },
        expiresAt: now + goodMs,
      };
    },
  };
}
