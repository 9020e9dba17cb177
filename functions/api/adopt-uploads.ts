// Uploads that an input names get the life of an input, before the task is made. Loaded with the first such input.
// core/domain/media/upload.ts says where they lie.
import { unusedKey, uploadKey, uploadsIn } from '../../core/domain/media/upload.ts';
import { limits } from '../../core/domain/limits.ts';
import { invalidParameter } from '../../core/http/http-failure.ts';
import type { InputStore } from '../../core/ports/input-store.ts';

/** @throws HttpFailure 400 for an upload that never arrived or was deleted, or too many of them. */
export async function adoptUploads(
  inputs: Pick<InputStore, 'adoptUpload' | 'renewUpload'>,
  input: string,
): Promise<void> {
  const tokens = uploadsIn(input);
  if (tokens.length > limits.uploadsPerTaskMax) {
    throw invalidParameter(`the body names ${tokens.length} uploads, at most ${limits.uploadsPerTaskMax} are accepted`);
  }
  await Promise.all(tokens.map((token) => adopt(inputs, token)));
}

/** One that an earlier task has named lies there already, and is not replaced: its form may have been used again. */
async function adopt(inputs: Pick<InputStore, 'adoptUpload' | 'renewUpload'>, token: string): Promise<void> {
  if (await inputs.renewUpload(uploadKey(token))) return;
  if (await inputs.adoptUpload(unusedKey(token), uploadKey(token))) return;
  throw invalidParameter(`the upload ${token.slice(0, 8)}… has not arrived, or was deleted after a day without a task`);
}
