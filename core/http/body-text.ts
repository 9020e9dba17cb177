// The body of a request as the text that was sent: it is passed on to Get3W, and signatures are computed over it.
// read-json-object.ts reads it as JSON.
import { cutText } from '../domain/cut-text.ts';
import { limits } from '../domain/limits.ts';
import { invalidParameter, ownFailure } from './http-failure.ts';

/** The part of API Gateway's event that this file reads. */
interface WithBody {
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
}

interface WithBodyAndHeaders extends WithBody {
  /** Names in lower case, as API Gateway gives them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The body as text, even when API Gateway took it for binary. Bytes that are not UTF-8 become U+FFFD. */
export function bodyText(event: WithBody): string {
  return event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
}

const REPLACEMENT = '\ufffd';

/**
 * The body of a client's call, without a byte order mark.
 * @throws HttpFailure 415 for a compressed body, 400 for one that is not UTF-8: Get3W would receive a different body.
 */
export function requestText(event: WithBodyAndHeaders): string {
  if (event.body === undefined || event.body === '') return '';
  refuseEncodings(event.headers['content-encoding']);
  refuseLongBase64(event);
  return (event.isBase64Encoded ? decoded(event.body) : intact(event.body)).replace(/^\ufeff/, '');
}

function refuseEncodings(header: string | undefined): void {
  const encodings = (header ?? '').split(',').map((encoding) => encoding.trim().toLowerCase());
  const compressed = encodings.find((encoding) => encoding !== '' && encoding !== 'identity');
  if (compressed === undefined) return;
  const details = `the body has content-encoding ${cutText(compressed, 32)}; send it uncompressed`;
  throw ownFailure('unsupportedMediaType', details, { 'accept-encoding': 'identity' });
}

/** What API Gateway takes for binary reaches Lambda a third longer: beyond this, some bodies would and some would not. */
function refuseLongBase64({ body = '', isBase64Encoded }: WithBody): void {
  if (!isBase64Encoded || body.length <= Math.ceil(limits.encodedBodyBytesMax / 3) * 4) return;
  const text = `a body without a content type of text or JSON may have ${limits.encodedBodyBytesMax} bytes; send it as application/json`;
  throw invalidParameter(text);
}

function decoded(base64: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    throw invalidParameter('the body is not valid UTF-8');
  }
}

/**
 * API Gateway decodes what is declared as text, and replaces bytes that are not UTF-8 by U+FFFD. The length does not
 * give them away (three lost bytes become a character of three), so the character itself is refused; a client that
 * means it can escape it.
 */
function intact(text: string): string {
  if (!text.includes(REPLACEMENT)) return text;
  throw invalidParameter(
    'the body is not valid UTF-8, or holds U+FFFD, which stands for bytes that are not; write it as \\ufffd if it is meant',
  );
}
