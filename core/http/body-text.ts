// The body of a request as the text that was sent: what is passed on to Get3W, and what signatures are made over.
// Reading it as JSON is read-json-object.ts's.
import { HttpFailure, invalidParameter } from './http-failure.ts';

/** The part of API Gateway's event that this reads. */
interface WithBody {
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
}

interface WithBodyAndHeaders extends WithBody {
  /** Names in lower case, as API Gateway gives them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The body as text, also when API Gateway took it for binary. What is no UTF-8 in it becomes U+FFFD. */
export function bodyText(event: WithBody): string {
  return event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
}

const REPLACEMENT = '\ufffd';

/**
 * The body of a client's call, without a byte order mark.
 * @throws HttpFailure 415 for a body that is compressed, 400 for one that is no UTF-8: passed on, it would be another.
 */
export function requestText(event: WithBodyAndHeaders): string {
  if (event.body === undefined || event.body === '') return '';
  refuseEncodings(event.headers['content-encoding']);
  return (event.isBase64Encoded ? decoded(event.body) : intact(event.body)).replace(/^\ufeff/, '');
}

function refuseEncodings(header: string | undefined): void {
  const encodings = (header ?? '').split(',').map((encoding) => encoding.trim().toLowerCase());
  const compressed = encodings.find((encoding) => encoding !== '' && encoding !== 'identity');
  if (compressed === undefined) return;
  const details = `the body has content-encoding ${compressed.slice(0, 32)}; send it as it is`;
  throw new HttpFailure(415, 'Unsupported Media Type', { 'accept-encoding': 'identity' }, details);
}

function decoded(base64: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    throw invalidParameter('the body is not valid UTF-8');
  }
}

/**
 * API Gateway decodes what it is told is text, and puts U+FFFD where bytes are no UTF-8. The length tells nothing
 * (three lost bytes make a character of three), so the character itself is refused; who means it can escape it.
 */
function intact(text: string): string {
  if (!text.includes(REPLACEMENT)) return text;
  throw invalidParameter(
    'the body is not valid UTF-8, or holds U+FFFD, which stands for bytes that are not; write it as \\ufffd if it is meant',
  );
}
