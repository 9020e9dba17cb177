// The part of a receiver that has nothing to do with signatures: reads the raw body up to a limit, has it verified,
// acts once on each webhook-id, and answers before anything slow begins. Both receivers of this folder use it.
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';

/** Ten times the most that the relay sends. */
const BODY_BYTES_MAX = 1_000_000;
/**
 * The relay's retries end within five days; a receiver that is restarted more often should keep these ids in a
 * database.
 */
const IDS_KEPT = 100_000;

export interface WebhookServerOptions {
  /** Why a webhook is refused, or undefined for a good one. */
  readonly refuse: (request: IncomingMessage, rawBody: Buffer) => string | undefined;
  /** Called once for each webhook-id; slow work belongs in a queue of your own. */
  readonly act: (id: string, body: unknown) => void;
}

export function startWebhookServer({ refuse, act }: WebhookServerOptions, port: number): Server {
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    readBody(request).then(
      (rawBody) => {
        const refusal = request.method === 'POST' ? refuse(request, rawBody) : 'only POST is answered';
        if (refusal !== undefined) {
          response.writeHead(400).end(refusal);
          return;
        }
        const id = String(request.headers['webhook-id']);
        // A webhook may come twice, because the answer to the first may have been lost: answer 2xx again, but act once.
        if (!seen.has(id)) act(id, JSON.parse(rawBody.toString('utf8')));
        remember(seen, id);
        response.writeHead(204).end();
      },
      () => response.writeHead(413).end(),
    );
  });
  return server.listen(port, '127.0.0.1');
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  for (const oldest of seen) {
    if (seen.size <= IDS_KEPT) return;
    seen.delete(oldest);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
