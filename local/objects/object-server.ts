// Plays S3 on loopback: the calls that the relay makes, over files. A call needs a signature, in its headers, its address or
// its form; why-unsigned.ts calculates those of addresses and forms. Every other call is refused with an error that
// names it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { listenOn } from '../listen-on.ts';
import { whyNotAllowed, whyUnsigned } from './why-unsigned.ts';
import { ObjectFiles } from './object-files.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ObjectServer {
  readonly url: string;
  readonly port: number;
  setBuckets(names: readonly string[]): void;
  close(): Promise<void>;
}

interface ObjectServerOptions {
  readonly directory: string;
  /** That of the last run, so that addresses which were signed before a restart stay good. @default any free one */
  readonly port?: number | undefined;
}

export async function startObjectServer({ directory, port = 0 }: ObjectServerOptions): Promise<ObjectServer> {
  const files = new ObjectFiles(directory);
  let buckets: readonly string[] = [];
  const server = createServer((request, response) => {
    const call = callOf(request);
    const answered = buckets.includes(call.bucket)
      ? answer(files, call, response)
      : Promise.resolve(refuse(response, 404, 'NoSuchBucket', `the bucket ${call.bucket} does not exist`));
    // A client that hangs up in the middle ends the call with an error, and gets no answer.
    answered.catch((error: unknown) =>
      response.headersSent ? response.destroy() : refuse(response, 500, 'InternalError', String(error)),
    );
  });
  const { result } = await listenOn(port === 0 ? [0] : [port, 0], async (candidate) => {
    server.listen({ host: '127.0.0.1', port: candidate });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  });
  return {
    url: `http://127.0.0.1:${result}`,
    port: result,
    setBuckets: (names) => (buckets = names),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Path style only: `/bucket/key`. */
function callOf(request: IncomingMessage): Call {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://objects');
  const [, bucket = '', key = ''] = /^\/([^/]+)(?:\/(.*))?$/s.exec(decodeURIComponent(pathname)) ?? [];
  return { request, method: request.method ?? '', bucket, key, query: searchParams };
}

async function answer(files: ObjectFiles, call: Call, response: ServerResponse): Promise<void> {
  const refusal = whyRefused(call);
  if (refusal !== undefined) {
    return refuse(response, 403, refusal === 'SignatureDoesNotMatch' ? refusal : 'AccessDenied', refusal);
  }
  const name = nameOf(call);
  const serve = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (serve === undefined) return refuse(response, 501, 'NotImplemented', `${name} is not supported on one machine`);
  return serve(files, call, response);
}

/** S3 tells its calls apart by method and by the presence of a few parameters. */
function nameOf({ method, query, key }: Call): string {
  if (key === '') return `${method} of a bucket`;
  const [mark] = ['uploads', 'uploadId'].filter((parameter) => query.has(parameter));
  return mark === undefined ? method : `${method} ${mark}`;
}

/** A form is judged by its own fields, once they have come. */
function whyRefused({ request, method, key }: Call): string | undefined {
  const isForm = method === 'POST' && key === '';
  if (isForm || request.headers.authorization !== undefined) return undefined;
  return whyUnsigned({ method, target: request.url ?? '/', headers: request.headers }, Date.now());
}

type Serve = (files: ObjectFiles, call: Call, response: ServerResponse) => Promise<void> | void;

const calls: Readonly<Record<string, Serve>> = {
  GET: sendObject,
  HEAD: sendObject,
  PUT: async (files, call, response) => {
    const { request, bucket, key } = call;
    if (request.headers['x-amz-copy-source'] !== undefined) return copyObject(files, call, response);
    const { etag } = await files.put(bucket, key, contentTypeOf(request), request);
    response.writeHead(200, { etag: `"${etag}"` }).end();
  },
  DELETE: (files, { bucket, key }, response) => {
    files.remove(bucket, key);
    response.writeHead(204).end();
  },
  'POST of a bucket': takeForm,
  'POST uploads': (files, { request, bucket, key }, response) => {
    const id = files.begin({ bucket, key, contentType: contentTypeOf(request) });
    const body = `<Bucket>${bucket}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId>`;
    sendXml(response, 200, `<InitiateMultipartUploadResult>${body}</InitiateMultipartUploadResult>`);
  },
  'PUT uploadId': async (files, { request, query }, response) => {
    const id = query.get('uploadId') ?? '';
    if (!files.has(id)) return refuse(response, 404, 'NoSuchUpload', 'the upload is over');
    const etag = await files.putPart(id, Number(query.get('partNumber')), request);
    response.writeHead(200, { etag: `"${etag}"` }).end();
  },
  'POST uploadId': async (files, { request, bucket, key, query }, response) => {
    const numbers = [...(await textOf(request)).matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) => Number(n));
    const stored = await files.complete(query.get('uploadId') ?? '', numbers);
    if (!stored) return refuse(response, 404, 'NoSuchUpload', 'the upload is over');
    const body = `<Bucket>${bucket}</Bucket><Key>${escapeXml(key)}</Key><ETag>"${stored.etag}"</ETag>`;
    sendXml(response, 200, `<CompleteMultipartUploadResult>${body}</CompleteMultipartUploadResult>`);
  },
  'DELETE uploadId': (files, { query }, response) => {
    files.abort(query.get('uploadId') ?? '');
    response.writeHead(204).end();
  },
};

/** Onto itself or elsewhere in the same bucket; S3 refuses a copy of an object onto itself that changes nothing. */
async function copyObject(files: ObjectFiles, { request, bucket, key }: Call, response: ServerResponse): Promise<void> {
  const { headers } = request;
  const [source, ...path] = decodeURIComponent(String(headers['x-amz-copy-source'])).replace(/^\//, '').split('/');
  const from = path.join('/');
  if (source !== bucket) return refuse(response, 501, 'NotImplemented', 'a copy from another bucket');
  const replaces = headers['x-amz-metadata-directive'] === 'REPLACE';
  if (from === key && !replaces) return refuse(response, 400, 'InvalidRequest', 'This copy request is illegal.');
  const found = files.find(bucket, from);
  if (!found) return refuse(response, 404, 'NoSuchKey', 'The specified key does not exist.');
  const type = replaces ? contentTypeOf(request) : found.contentType;
  const { etag } = await files.put(bucket, key, type, files.read(bucket, from));
  sendXml(response, 200, `<CopyObjectResult><ETag>"${etag}"</ETag></CopyObjectResult>`);
}

/** A file in a form, as a browser sends one: small enough here to be held whole. */
async function takeForm(files: ObjectFiles, { request, bucket }: Call, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for forms of strangers; these are the user's own, on loopback
  const form = await new Response(Buffer.concat(chunks), { headers }).formData();
  const fields = new Map<string, string>([['bucket', bucket]]);
  for (const [name, value] of form) if (typeof value === 'string') fields.set(name.toLowerCase(), value);
  const file = form.get('file');
  if (file === null || typeof file === 'string') return refuse(response, 400, 'InvalidArgument', 'there is no file');
  const refusal = whyNotAllowed(fields, file.size, Date.now());
  if (refusal) return refuse(response, refusal.code.startsWith('Entity') ? 400 : 403, refusal.code, refusal.message);
  const content = Readable.from([Buffer.from(await file.arrayBuffer())]);
  const type = fields.get('content-type') ?? 'application/octet-stream';
  const { etag } = await files.put(bucket, fields.get('key') ?? '', type, content);
  response.writeHead(204, { etag: `"${etag}"` }).end();
}

async function sendObject(files: ObjectFiles, call: Call, response: ServerResponse): Promise<void> {
  const { bucket, key, request, method, query } = call;
  const found = files.find(bucket, key);
  if (!found) return refuse(response, 404, 'NoSuchKey', 'The specified key does not exist.');
  const range = rangeOf(request.headers.range, found.bytes);
  if (range === 'outside') return refuse(response, 416, 'InvalidRange', 'the range is outside the object');
  const { start, end } = range ?? { start: 0, end: found.bytes - 1 };
  response.writeHead(range ? 206 : 200, {
    'content-type': query.get('response-content-type') ?? found.contentType,
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    etag: `"${found.etag}"`,
    ...(range && { 'content-range': `bytes ${start}-${end}/${found.bytes}` }),
  });
  if (method === 'HEAD' || found.bytes === 0) return void response.end();
  await pipeline(files.read(bucket, key, { start, end }), response);
}

/** One range, as players ask for; undefined for all of it. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | 'outside' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || header === 'bytes=-') return undefined;
  const [, from = '', to = ''] = match;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(bytes - 1, Number(to));
  return start > end ? 'outside' : { start, end };
}

function contentTypeOf({ headers }: IncomingMessage): string {
  return headers['content-type'] ?? 'application/octet-stream';
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  sendXml(response, status, `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`);
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>\n${xml}`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
