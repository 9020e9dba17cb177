// Uploads that an input names get the life of an input, before the task is made. Loaded with the first such input.
// core/domain/media/upload.ts says where they lie.
import { isOwnUpload, unusedKey, uploadKey, uploadsIn } from '../../core/domain/media/upload.ts';
import { limits } from '../../core/domain/limits.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import type { InputStore } from '../../core/ports/input-store.ts';

/** @throws HttpFailure 400 for an upload that is another account's, never arrived or was deleted, or too many of them. */
export async function adoptUploads(
  inputs: Pick<InputStore, 'adoptUpload' | 'renewUpload'>,
  input: string,
  accountId: string,
): Promise<void> {
  const tokens = uploadsIn(input);
  if (tokens.length > limits.uploadsPerTaskMax) {
    throw invalidParameter(`the body names ${tokens.length} uploads, at most ${limits.uploadsPerTaskMax} are accepted`);
  }
  const foreign = tokens.find((token) => !isOwnUpload(token, accountId));
  if (foreign !== undefined) throw invalidParameter(`the upload ${shown(foreign)} was not made by this account`);
  await Promise.all(tokens.map((token) => adopt(inputs, token)));
}

/** One that an earlier task has named lies there already, and is not replaced: its form may have been used again. */
async function adopt(inputs: Pick<InputStore, 'adoptUpload' | 'renewUpload'>, token: string): Promise<void> {
  if (await inputs.renewUpload(uploadKey(token))) return;
  if (await inputs.adoptUpload(unusedKey(token), uploadKey(token))) return;
  throw invalidParameter(`the upload ${shown(token)} has not arrived, or was deleted after a day without a task`);
}

/** It is a secret. */
function shown(token: string): string {
  return `${token.slice(0, 8)}…`;
}
