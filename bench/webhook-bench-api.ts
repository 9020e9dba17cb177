// The few calls of the relay's API that the webhook bench makes, over kept connections. webhook-latency.ts and
// webhook-loss.ts use them.
import { Agent, request } from 'node:http';
import type { RelayUnderLoad } from './relay-under-load.ts';

interface BenchEndpoint {
  readonly id: string;
  readonly secret: string;
}

const SOCKETS_MAX = 50;

export class WebhookBenchApi {
  readonly #relay: RelayUnderLoad;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });

  constructor(relay: RelayUnderLoad) {
    this.#relay = relay;
  }

  /** @throws Error for anything but a 2xx. */
  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { status, answer } = await this.#send(method, path, text);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} was answered ${status}: ${answer}`);
    return JSON.parse(answer) as Answer;
  }

  endpoint(url: string): Promise<BenchEndpoint> {
    return this.call('POST', '/v1/webhook-endpoints', { url, events: ['task.completed'] });
  }

  async submit(webhookUrl?: string): Promise<string> {
    const query = webhookUrl === undefined ? '' : `?webhook=${encodeURIComponent(webhookUrl)}`;
    const { id } = await this.call<{ id: string }>('POST', `/v1/bench/webhooks/task${query}`, { prompt: 'bench' });
    return id;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | undefined): Promise<{ status: number; answer: string }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#relay.apiKey}`, 'content-type': 'application/json' };
      const sent = request(new URL(path, this.#relay.url), { method, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks).toString() }),
        );
      });
      sent.on('error', reject).end(body);
    });
  }
}

/** The value below which this share (0 to 1) of the sorted values lies; NaN when there are none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
