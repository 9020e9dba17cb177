// A receiver of webhooks on this machine: keeps what was posted to it and answers as set. Judges nothing: what should
// have come, when and how often is up to the test.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodyText: string;
  readonly receivedAtMs: number;
}

export interface WebhookInbox {
  readonly url: string;
  /** Everything received, in order; with a path only what came there. */
  received(path?: string): ReceivedWebhook[];
  close(): Promise<void>;
}

/** Starts an inbox on a free port; `status` is what it answers, 200 by default. */
export async function openWebhookInbox(status: number = 200): Promise<WebhookInbox> {
  const all: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bodyText = Buffer.concat(chunks).toString('utf8');
      all.push({ path: request.url ?? '/', headers: request.headers, bodyText, receivedAtMs: Date.now() });
      response.writeHead(status).end();
    });
  });
  // The backlog holds the webhooks of a thousand tasks that end together.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: (path) => (path === undefined ? [...all] : all.filter((webhook) => webhook.path === path)),
    // Connections too: a caller that keeps one open would hold the test run.
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
