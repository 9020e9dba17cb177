// `POST /v1/uploads`: answers a form by which the client puts a file into the bucket, and the address by which an input
// may name it. Nothing is written: what no task names is deleted by its age. adopt-uploads.ts serves tasks that name one.
import { unusedKey, uploadToken } from '../../core/domain/media/upload.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import { readBodyFields } from '../../core/http/read-endpoint.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { UploadForms } from '../../core/ports/output-ports.ts';
import type { FlowPorts } from '../../core/ports/flow-ports.ts';

export interface UploadPorts {
  readonly uploadForms: UploadForms;
  /** The relay's own address, without a slash at its end. */
  readonly relayUrl: string;
}

/** How long a form is good: the credentials that sign it live for some hours. */
const GOOD_MS = 15 * MINUTE_MS;
const typePattern = /^[a-z0-9][\w.+-]{0,60}\/[a-z0-9][\w.+-]{0,60}$/i;

/** @throws HttpFailure 400. */
export async function createUpload(
  { uploadForms, relayUrl, randomSource, settings }: UploadPorts & Pick<FlowPorts, 'randomSource' | 'settings'>,
  accountId: string,
  body: string,
): Promise<Answer> {
  const fields = readBodyFields(body, ['content_type', 'bytes']);
  const contentType = readType(fields['content_type']);
  const bytes = readBytes(fields['bytes'], settings.media.uploadBytesMax);
  const token = uploadToken(accountId, randomSource.secret());
  const form = await uploadForms.makeForm({ key: unusedKey(token), contentType, bytes, goodMs: GOOD_MS });
  const answer = {
    file_url: `${relayUrl}/files/${token}`,
    form: { method: 'POST', url: form.url, fields: form.fields },
    expires_at: new Date(form.expiresAt).toISOString(),
  };
  return { status: 201, body: answer };
}

function readType(value: unknown): string {
  if (typeof value === 'string' && typePattern.test(value)) return value;
  throw invalidParameter('content_type must be a media type without parameters, such as image/png');
}

function readBytes(value: unknown, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidParameter(`bytes must be the exact size of the file, a whole number from 1 to ${max}`);
}
