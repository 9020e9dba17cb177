// The unguessable part of an address of the relay's own that leads to one kept output: which task, which output, and the
// secret of the job. Webhooks and events hold such addresses, because signed ones die within hours.
import { timingSafeEqual } from 'node:crypto';
import type { KeepJob } from './keep-job.ts';

interface FileToken {
  readonly taskId: string;
  readonly index: number;
  readonly secret: string;
}

export function formatFileToken({ taskId, index, secret }: FileToken): string {
  return `${taskId}.${index}.${secret}`;
}

const tokenPattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,3})\.([\w-]{20,100})$/;

/** Undefined for a text that is none. */
export function parseFileToken(text: string): FileToken | undefined {
  const [, taskId = '', index = '', secret = ''] = tokenPattern.exec(text) ?? [];
  return taskId === '' ? undefined : { taskId, index: Number(index), secret };
}

/** In a time that shows nothing of the secret. */
export function opensJob({ secret }: FileToken, { token = '' }: KeepJob): boolean {
  const [given, own] = [Buffer.from(secret), Buffer.from(token)];
  return given.length === own.length && timingSafeEqual(given, own);
}
