// A gateway before a relay as API Gateway is on a bad day: it answers the first calls of each method on its own, in its
// own form, and only the later ones by the relay. One of the refused was forwarded: its answer was lost, not its work.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a client meets before it is answered: status and text as API Gateway has them. */
export const gatewayRefusals = [
  { status: 429, message: 'Too Many Requests', isPassedOn: false },
  { status: 500, message: 'Internal Server Error', isPassedOn: true },
  { status: 503, message: 'Service Unavailable', isPassedOn: false },
] as const;

interface TroubledGateway {
  readonly url: string;
  /** Statuses that it answered on its own, by method. */
  readonly refused: Readonly<Record<'GET' | 'POST', number[]>>;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function passOn(relayUrl: string, { method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer) {
  const passed = ['authorization', 'content-type', 'idempotency-key'].flatMap((name): [string, string][] => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return fetch(`${relayUrl}${url}`, {
    method,
    headers: Object.fromEntries(passed),
    ...(method !== 'GET' && { body: new Uint8Array(body) }),
  });
}

export async function openTroubledGateway(relayUrl: string): Promise<TroubledGateway> {
  const refused = { GET: [] as number[], POST: [] as number[] };
  const serve = async (request: IncomingMessage): Promise<{ status: number; text: string }> => {
    const body = await bodyOf(request);
    const met = request.method === 'POST' ? refused.POST : refused.GET;
    const refusal = gatewayRefusals[met.length];
    if (refusal === undefined || refusal.isPassedOn) {
      const answer = await passOn(relayUrl, request, body);
      const text = await answer.text();
      if (refusal === undefined) return { status: answer.status, text };
    }
    met.push(refusal.status);
    return { status: refusal.status, text: JSON.stringify({ message: refusal.message }) };
  };
  const server = createServer((request, response) => {
    serve(request).then(
      ({ status, text }) => response.writeHead(status, { 'content-type': 'application/json' }).end(text),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
