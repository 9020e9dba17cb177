// A model client: each job has an idempotency key and is submitted again with it until the relay has answered. It keeps
// its own list of accepted tasks, which the audit compares with the relay's afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayProcess } from '../../test/support/relay-process.ts';

const AT_ONCE = 4;
const PACE_MS = 300;

export class ChaosClient {
  /** Task ids by job. */
  readonly accepted = new Map<string, string>();
  /** Submits that had to be repeated because no answer came. */
  repeats = 0;
  /** Jobs whose repeated submit was answered with a different id: always a fault. */
  readonly contradictions: string[] = [];
  readonly #relay: () => RelayProcess;

  constructor(relay: () => RelayProcess) {
    this.#relay = relay;
  }

  async submitAll(jobs: number): Promise<void> {
    const waiting = Array.from({ length: jobs }, (_, index) => `job-${index}`);
    const worker = async (): Promise<void> => {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        await this.#submit(job);
        await sleep(PACE_MS);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #submit(job: string): Promise<void> {
    for (;;) {
      try {
        const id = await this.#post(job);
        if (id !== undefined) {
          this.#record(job, id);
          return;
        }
      } catch {
        // Killed before it could answer: only the next answer shows whether the task was accepted.
      }
      this.repeats += 1;
      await sleep(500);
    }
  }

  #record(job: string, id: string): void {
    const known = this.accepted.get(job);
    if (known !== undefined && known !== id) this.contradictions.push(job);
    this.accepted.set(job, id);
  }

  async #post(job: string): Promise<string | undefined> {
    const { url, apiKey } = this.#relay();
    const reply = await fetch(`${url}/v1/chaos/model/text-to-image`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': job },
      body: JSON.stringify({ prompt: job, channel: 'economy' }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await reply.json()) as { id?: string };
    return reply.status === 200 ? body.id : undefined;
  }
}
