// A receiver of webhooks whose mood a test changes while it runs: it answers each call with the status and the body that
// are set then. What it took and refused it counts.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MoodyReceiver {
  readonly url: string;
  /** What it answers from now on. */
  answer(status: number, body?: string): void;
  /** Ids of webhooks that it answered with this status, in order. */
  webhookIds(status: number): readonly string[];
  close(): Promise<void>;
}

/** Starts one on a free port; `status` is what it answers at first. */
export async function openMoodyReceiver(status: number, body = ''): Promise<MoodyReceiver> {
  let mood = { status, body };
  const answered: { readonly id: string; readonly status: number }[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      answered.push({ id: String(request.headers['webhook-id']), status: mood.status });
      response.writeHead(mood.status, { 'content-type': 'text/plain' }).end(mood.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (next, text = '') => void (mood = { status: next, body: text }),
    webhookIds: (wanted) => answered.filter((one) => one.status === wanted).map(({ id }) => id),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
