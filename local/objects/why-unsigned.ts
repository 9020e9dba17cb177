// Whether a signed address or a form is good, as S3 judges it: by the signature, the time, and each condition of the policy.
// Functions of this machine sign with fixed credentials; calls of the SDK carry theirs in a header, which is not calculated.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { standInCredentials } from '../services/stand-in-credentials.ts';
import type { IncomingHttpHeaders } from 'node:http';

interface SignedRequest {
  readonly method: string;
  /** As it was sent: path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

const { secretAccessKey } = standInCredentials.credentials;

/** Why a request by a signed address is refused; undefined where it is good. */
export function whyUnsigned({ method, target, headers }: SignedRequest, now: number): string | undefined {
  const [path = '', rawQuery = ''] = target.split('?');
  const query = new URLSearchParams(rawQuery);
  const moment = query.get('X-Amz-Date') ?? '';
  const signature = query.get('X-Amz-Signature');
  if (signature === null || timeOf(moment) === undefined) return 'the request is not signed';
  if (now > (timeOf(moment) ?? 0) + 1_000 * Number(query.get('X-Amz-Expires'))) return 'Request has expired';
  const names = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const unsigned = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (unsigned !== undefined) return `the header ${unsigned} is not signed`;
  const parameters = rawQuery.split('&').filter((part) => !part.startsWith('X-Amz-Signature='));
  const lines = names.map((name) => `${name}:${String(headers[name] ?? '').trim()}`);
  const request = [method, path, parameters.sort().join('&'), ...lines, '', names.join(';'), 'UNSIGNED-PAYLOAD'];
  const digest = createHash('sha256').update(request.join('\n')).digest('hex');
  const scope = scopeOf(query.get('X-Amz-Credential') ?? '');
  const text = ['AWS4-HMAC-SHA256', moment, scope, digest].join('\n');
  return isSame(signature, signatureOf(scope, text)) ? undefined : 'SignatureDoesNotMatch';
}

type Condition = Readonly<Record<string, string>> | readonly [string, string | number, string | number];

interface Policy {
  readonly expiration: string;
  readonly conditions: readonly Condition[];
}

/** Fields that no condition needs to name. */
const freeFields: ReadonlySet<string> = new Set(['policy', 'x-amz-signature', 'file', 'bucket']);

/**
 * Why a form is refused; undefined where it is good.
 * @param fields those before the file, by their names in lower case; and `bucket`.
 * @param bytes of the file.
 */
export function whyNotAllowed(fields: ReadonlyMap<string, string>, bytes: number, now: number): Refusal | undefined {
  const text = fields.get('policy') ?? '';
  const scope = scopeOf(fields.get('x-amz-credential') ?? '');
  if (!isSame(fields.get('x-amz-signature') ?? '', signatureOf(scope, text))) {
    return { code: 'SignatureDoesNotMatch', message: 'the signature of the policy is wrong' };
  }
  const { expiration, conditions } = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Policy;
  if (now > Date.parse(expiration)) return denied('Invalid according to Policy: Policy expired.');
  const terms = conditions.map(termsOf);
  const named = new Set(terms.map(([, name]) => fieldOf(name)));
  const broken = terms.map((one) => whyBroken(one, fields, bytes)).find((why) => why !== undefined);
  if (broken) return broken;
  const extra = [...fields.keys()].find((name) => !named.has(name) && !freeFields.has(name));
  return extra === undefined ? undefined : denied(`Invalid according to Policy: Extra input fields: ${extra}`);
}

type Terms = ReturnType<typeof termsOf>;

function whyBroken(
  [kind, name, wanted]: Terms,
  fields: ReadonlyMap<string, string>,
  bytes: number,
): Refusal | undefined {
  if (kind === 'content-length-range') {
    if (bytes < Number(name)) return { code: 'EntityTooSmall', message: 'smaller than the policy allows' };
    return bytes > Number(wanted) ? { code: 'EntityTooLarge', message: 'larger than the policy allows' } : undefined;
  }
  const field = fieldOf(name);
  if (kind === 'eq' && fields.get(field) === String(wanted)) return undefined;
  return denied(`Invalid according to Policy: Policy Condition failed: ["${kind}", "$${field}", "${wanted}"]`);
}

function fieldOf(name: string | number): string {
  return String(name).replace(/^\$/, '').toLowerCase();
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

function denied(message: string): Refusal {
  return { code: 'AccessDenied', message };
}

/** An object is short for the equality of its one field. */
function termsOf(condition: Condition): readonly [string, string | number, string | number] {
  if (isTerms(condition)) return condition;
  const [name = '', wanted = ''] = Object.entries(condition)[0] ?? [];
  return ['eq', name, wanted];
}

function isTerms(condition: Condition): condition is readonly [string, string | number, string | number] {
  return Array.isArray(condition);
}

function timeOf(moment: string): number | undefined {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(moment);
  if (!date) return undefined;
  const [year = 0, month = 0, ...rest] = date.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/** What follows the id of the key. */
function scopeOf(credential: string): string {
  return credential.split('/').slice(1).join('/');
}

function signatureOf(scope: string, text: string): string {
  const hmac = (key: Buffer | string, part: string): Buffer => createHmac('sha256', key).update(part).digest();
  return hmac(scope.split('/').reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`), text).toString('hex');
}

function isSame(given: string, own: string): boolean {
  return given.length === own.length && timingSafeEqual(Buffer.from(given), Buffer.from(own));
}
