// Uploads: files that a client puts into the bucket before the task whose input names them. Until a task does, a file lies in
// a folder that the bucket empties after a day; then it is copied to where inputs lie, and lives as long as they do.
// The token is a secret: it names the file, and opens its address.
import { INPUTS_FOLDER, UNUSED_FOLDER } from './media-settings.ts';

const PREFIX = 'up_';
const tokenPattern = /^up_[\w-]{20,100}$/;
/** In JSON a slash may be escaped. */
const addressPattern = /\\?\/files\\?\/(up_[\w-]{20,100})/g;

/** @param secret 160 bits or more, base64url. */
export function uploadToken(secret: string): string {
  return `${PREFIX}${secret}`;
}

export function isUploadToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** Where it lies until a task names it. */
export function unusedKey(token: string): string {
  return `${UNUSED_FOLDER}/${token}`;
}

/** Where it lies from then on. */
export function uploadKey(token: string): string {
  return `${INPUTS_FOLDER}/uploads/${token}`;
}

/** The uploads that an input names by their addresses, each once. */
export function uploadsIn(input: string): readonly string[] {
  return [...new Set([...input.matchAll(addressPattern)].map(([, token = '']) => token))];
}
