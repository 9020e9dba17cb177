// Answers for the console's files: which file a path means, in which encoding, and with which headers. Nothing here is
// secret and no key is required: the page holds no data, it requests it from the API.
import type { Site, SiteEncoding, SiteFile } from '../../core/contract/site.ts';

export interface ConsolePorts extends Site {
  /** Removes the compression. @param gzip base64. @returns base64. */
  readonly plain: (gzip: string) => string;
}

export interface ConsoleRequest {
  /** Below `/console/`, decoded, without a slash at its beginning; empty for the page itself. */
  readonly path: string;
  readonly host: string | undefined;
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

/** A year, the longest that caches honour. */
const IMMUTABLE_SECONDS = 31_536_000;
/** The reference page, whose library writes markup from text, which trusted types refuse. It holds no key of the console. */
const API_PAGE_PATH = 'api';
const loopbackHostPattern = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;
const encodings: readonly SiteEncoding[] = ['br', 'gzip'];

export function serveFile(ports: ConsolePorts, request: ConsoleRequest): ConsoleAnswer {
  const file = findFile(ports, request.path);
  const headers = securityHeaders(request.host, request.path === API_PAGE_PATH);
  if (!file) {
    const text = Buffer.from('This file does not exist.\n').toString('base64');
    return { status: 404, headers: { ...headers, ...noFile }, body: text };
  }
  const cacheable = {
    ...headers,
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? `public, max-age=${IMMUTABLE_SECONDS}, immutable` : 'no-cache',
  };
  if (request.ifNoneMatch?.split(/,\s*/).some((tag) => tag.replace(/^W\//, '') === file.etag)) {
    return { status: 304, headers: cacheable, body: '' };
  }
  const encoding = encodings.find((known) => accepts(request.acceptEncoding, known));
  return {
    status: 200,
    headers: { ...cacheable, 'content-type': file.type, ...(encoding && { 'content-encoding': encoding }) },
    body: encoding ? file.encoded[encoding] : ports.plain(file.encoded.gzip),
  };
}

const noFile = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/** A path without a dot in its last part is a view of the page; the page itself finds out which one. */
function findFile({ files }: Site, path: string): SiteFile | undefined {
  const own = (name: string): SiteFile | undefined => (Object.hasOwn(files, name) ? files[name] : undefined);
  const isView = !(path.split('/').at(-1) ?? '').includes('.');
  return isView ? (own(`${path}.html`) ?? own('index.html')) : own(path);
}

function accepts(header: string | undefined, encoding: SiteEncoding): boolean {
  return (header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.trim().toLowerCase().split(';');
    return name.trim() === encoding && !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter));
  });
}

/**
 * Nothing from any other origin, except pictures: Get3W hosts the outputs. On one machine that is the simulator, over
 * plain HTTP on another port; a client that names such a host loosens the rule only for itself.
 */
function securityHeaders(host: string | undefined, isApiPage: boolean): Readonly<Record<string, string>> {
  const isLoopback = loopbackHostPattern.test(host ?? '');
  const pictures = ["'self'", 'data:', 'https:', ...(isLoopback ? ['http://127.0.0.1:*', 'http://localhost:*'] : [])];
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `img-src ${pictures.join(' ')}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      ...(isApiPage ? [] : ["require-trusted-types-for 'script'", "trusted-types 'none'"]),
    ].join('; '),
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  };
}
