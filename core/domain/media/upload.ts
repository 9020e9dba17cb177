// Uploads: files that a client puts into the bucket before the task whose input names them. Until a task does, a file lies in
// a folder that the bucket empties after a day; then it is copied to where inputs lie, and lives as long as they do.
// The token is a secret: it names the file, opens its address, and shows which account may give it to its tasks.
import { createHash } from 'node:crypto';
import { INPUTS_FOLDER, UNUSED_FOLDER } from './media-settings.ts';

const PREFIX = 'up_';
const tokenPattern = /^up_[\w-]{20,100}$/;
/** In JSON a slash may be escaped. */
const addressPattern = /\\?\/files\\?\/(up_[\w-]{20,100})/g;

/** 60 bits: who knows an address finds no account id that fits it. */
const OWNER_LETTERS = 10;

/** @param secret 160 bits or more, base64url. */
export function uploadToken(accountId: string, secret: string): string {
  return `${PREFIX}${ownerMark(accountId, secret)}${secret}`;
}

/** Only the account that made an upload may name it in an input, which lengthens its life, and remove it with a task. */
export function isOwnUpload(token: string, accountId: string): boolean {
  const text = token.slice(PREFIX.length);
  return text.slice(0, OWNER_LETTERS) === ownerMark(accountId, text.slice(OWNER_LETTERS));
}

function ownerMark(accountId: string, secret: string): string {
  return createHash('sha256').update(`${accountId} ${secret}`).digest('base64url').slice(0, OWNER_LETTERS);
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

/** Those of them that are the account's own. */
export function ownUploadsIn(input: string, accountId: string): readonly string[] {
  return uploadsIn(input).filter((token) => isOwnUpload(token, accountId));
}

/** The uploads that an input names by their addresses, each once. */
export function uploadsIn(input: string): readonly string[] {
  return [...new Set([...input.matchAll(addressPattern)].map(([, token = '']) => token))];
}
