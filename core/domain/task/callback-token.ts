// The unguessable address of one attempt: how its token is built, recognised and checked in constant time.
// The row keeps only the digest, so that a reader of the table cannot forge an outcome.
import { timingSafeEqual } from 'node:crypto';
import { sha256Hex } from '../sha256-hex.ts';
import { findAttempt } from './task.ts';
import type { Attempt, Task } from './task.ts';

export interface CallbackToken {
  readonly taskId: string;
  readonly attempt: number;
  readonly secret: string;
}

export function formatCallbackToken({ taskId, attempt, secret }: CallbackToken): string {
  return `${taskId}.${attempt}.${secret}`;
}

/** @returns undefined for text that is not a token. */
export function parseCallbackToken(text: string): CallbackToken | undefined {
  const match = /^([0-9a-f-]{36})\.([1-9]\d{0,5})\.([\w-]{20,100})$/.exec(text);
  const [, taskId, attempt, secret] = match ?? [];
  return taskId && attempt && secret ? { taskId, attempt: Number(attempt), secret } : undefined;
}

/** 128 bits: the secret alone is as long, and each attempt that a row keeps is 21 bytes shorter. */
const DIGEST_HEX_CHARS = 32;

export function callbackDigest(token: CallbackToken): string {
  return sha256Hex(formatCallbackToken(token)).slice(0, DIGEST_HEX_CHARS);
}

/** The attempt that the token was issued for; undefined if there is none. */
export function attemptOfToken(task: Task, token: CallbackToken): Attempt | undefined {
  const attempt = findAttempt(task, token.attempt);
  if (!attempt) return undefined;
  const expected = Buffer.from(attempt.callbackDigest, 'hex');
  const actual = Buffer.from(callbackDigest(token), 'hex');
  return expected.length === actual.length && timingSafeEqual(expected, actual) ? attempt : undefined;
}
