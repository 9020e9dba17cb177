// The clients of a load world: they submit at random moments, each account and model equally likely, and may poll
// their task afterwards. They do not slow down when the relay does: what they do with refusals is not checked here.
import { STARTS_AT } from './load-get3w.ts';
import type { Dice } from './dice.ts';
import type { LoadFunctions } from './load-functions.ts';
import type { LoadPlan } from './load-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

interface LoadClientsOptions {
  readonly plan: LoadPlan;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly functions: LoadFunctions;
  readonly isMeasured: () => boolean;
}

export function keyOfAccount(account: number): string {
  return `sk_load_${String(account).padStart(32, '0')}`;
}

export class LoadClients {
  readonly #options: LoadClientsOptions;
  readonly #input: string;
  taken = 0;
  refused = 0;
  /** Submits to come and calls under way. */
  pending = 0;
  /** When each task was submitted, by its id. */
  readonly #submittedAt = new Map<string, number>();
  /** Calls that submitted, of all accounts but the first: when each began, and how long its answer took. */
  readonly othersAnswers: { readonly at: number; readonly tookMs: number }[] = [];
  /** Tasks of the first account. */
  readonly ofFirst = new Set<string>();

  constructor(options: LoadClientsOptions) {
    this.#options = options;
    const { inputBytes } = options.plan.client;
    this.#input = JSON.stringify({ prompt: 'a'.repeat(Math.max(1, inputBytes - 13)) });
  }

  begin(): void {
    this.#next(0);
  }

  /** From the submit to the beginning of its POST, of the tasks that came so far. */
  submitToPostMs(postedAt: ReadonlyMap<string, number>): number[] {
    return [...this.#submittedAt].flatMap(([id, at]) => {
      const posted = postedAt.get(id);
      return posted === undefined ? [] : [posted - at];
    });
  }

  #next(elapsedMs: number): void {
    const { plan, time, dice } = this.#options;
    if (elapsedMs >= plan.submitsForMs || plan.submitsPerSecond === 0) return;
    this.pending += 1;
    const waitMs = (-Math.log(1 - dice.between(0, 1)) * 1_000) / plan.submitsPerSecond;
    time.after(waitMs, () => {
      void this.#submit().finally(() => {
        this.pending -= 1;
      });
      this.#next(elapsedMs + waitMs);
    });
  }

  #drawAccount(): number {
    const { plan, dice } = this.#options;
    if (plan.greedyShare === undefined) return dice.whole(0, plan.accounts - 1);
    return dice.isLucky(plan.greedyShare) ? 0 : dice.whole(1, plan.accounts - 1);
  }

  async #submit(): Promise<void> {
    const { plan, dice, time, functions, isMeasured } = this.#options;
    const { client } = plan;
    const submittedAt = time.now();
    const account = this.#drawAccount();
    if (account === 0 && submittedAt - STARTS_AT > (plan.greedyUntilMs ?? Number.POSITIVE_INFINITY)) return;
    const authorization = `Bearer ${keyOfAccount(account)}`;
    const model = `sketch-${dice.whole(1, plan.models)}`;
    const query = {
      ...(client.hasWebhook && { webhook: 'https://app.example.com/hooks/get3w' }),
      ...(client.isSync && { sync: 'true' }),
      ...(client.keptBytes !== undefined && { keep: 'true' }),
    };
    const answer = await functions.call({
      method: 'POST',
      routeKey: 'POST /v1/{vendor}/{model}/{task}',
      path: `/v1/acme/${model}/text-to-image`,
      query,
      headers: {
        authorization,
        ...(client.hasKey && { 'idempotency-key': `key-${dice.whole(0, 2 ** 40)}` }),
      },
      body: this.#input,
    });
    if (account !== 0) this.othersAnswers.push({ at: submittedAt, tookMs: time.now() - submittedAt });
    if (isMeasured()) {
      if (answer.status === 200) this.taken += 1;
      else this.refused += 1;
    }
    if (answer.status !== 200) return;
    const { id } = JSON.parse(answer.body) as { id: string };
    if (isMeasured()) this.#submittedAt.set(id, submittedAt);
    if (account === 0) this.ofFirst.add(id);
    for (let polls = 0; polls < client.polls; polls += 1) {
      await time.sleep(1_000);
      await functions.call({
        method: 'GET',
        routeKey: 'GET /v1/requests/{id}',
        path: `/v1/requests/${id}`,
        headers: { authorization },
        parameters: { id },
      });
    }
  }
}
