// Two accounts on one relay whose functions share ten executions, as a new AWS account has them: the real flows of all
// stages over memory, in virtual time. One account is greedy, the other submits, reads and waits to be called back; how
// long each of its calls took, from the request to the answer, is recorded. Get3W answers at once and works 2 s.
import { serveDoorbells as serveDispatch } from '../../functions/dispatch/flow.ts';
import { serveDoorbells as serveSettle, takeCallback } from '../../functions/settle/flow.ts';
import { serveDoorbells as serveDeliver } from '../../functions/deliver/flow.ts';
import { sweep } from '../../functions/sweep/flow.ts';
import { createOwnEndpoint } from '../../functions/api/endpoint-calls.ts';
import { RequestMeter } from '../../functions/api/request-meter.ts';
import { submitTask } from '../../functions/api/submit-task.ts';
import { getTask } from '../../functions/api/task-calls.ts';
import { HttpFailure } from '../../core/http/http-failure.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { ExecutionPool } from '../support/execution-pool.ts';
import { MemoryRelay } from '../support/memory-relay.ts';
import { ScriptedReceivers } from '../support/memory/scripted-receivers.ts';
import { NOW } from '../support/sample-task.ts';
import type { Account } from '../../core/domain/account.ts';
import type { Doorbell, Queue } from '../../core/contract/messages.ts';
import type { FailedMessage } from '../../core/ports/message-faults.ts';
import type { RelaySettings } from '../../core/domain/settings.ts';
import type { SubmitAnswer, SubmitRequest } from '../../core/ports/ports.ts';
import type { Answer } from '../../core/http/answer.ts';

const EXECUTIONS = 10;
const STORE_MS = 5;
const POST_MS = 100;
const WORK_MS = 2_000;
const RECEIVER_MS = 50;
const STEP_MS = 50;
const SWEEP_MS = 60_000;

type Call = (account: Account) => Promise<Answer>;
type Received = readonly { readonly messageId: string; readonly doorbell: Doorbell }[];

export interface Taken {
  readonly submit: number[];
  readonly read: number[];
  readonly calledBack: number[];
  /** Statuses of answers to the quiet account that were refusals. */
  readonly refusals: number[];
}

interface SubmitOptions {
  readonly vendor?: string;
  readonly task?: string;
  readonly model?: string;
  readonly webhook?: string;
  readonly isSync?: boolean;
  readonly key?: string;
}

export class GreedyWorld {
  readonly relay: MemoryRelay;
  readonly pool: ExecutionPool;
  readonly receivers: ScriptedReceivers;
  readonly taken: Taken = { submit: [], read: [], calledBack: [], refusals: [] };
  /** Statuses of the greedy account's answers, how often each. */
  readonly greedyAnswers = new Map<number, number>();
  readonly #meters: readonly RequestMeter[];
  readonly #ports;
  readonly #running = new Map<Queue, number>();
  readonly #submittedAt = new Map<string, number>();
  #count = 0;

  constructor(settings: Partial<RelaySettings> = {}) {
    // A limit that is known, so that what is measured is sharing and not learning.
    const gate = { ...defaultSettings.gate, limitStart: 20, limitMax: 20 };
    this.relay = new MemoryRelay({ gate, ...settings });
    const { clock } = this.relay;
    this.pool = new ExecutionPool(clock, EXECUTIONS);
    this.receivers = new ScriptedReceivers(clock);
    const store = this.#slowStore();
    const provider = { submit: (request: SubmitRequest) => this.#post(request), poll: this.relay.provider.poll };
    const adapters = { store, accounts: store, due: store, webhooks: store, provider, caller: this.receivers };
    this.#ports = Object.assign({}, this.relay, adapters);
    this.#meters = [1, 2, 3].map(() => new RequestMeter(Object.assign({}, this.relay, { accounts: store })));
  }

  #slowStore(): MemoryRelay['store'] {
    const { store, clock } = this.relay;
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await clock.sleep(STORE_MS);
          return Reflect.apply(value, target, args);
        };
      },
    });
  }

  async open(): Promise<void> {
    for (const id of ['acc_greedy', 'acc_quiet']) {
      await this.relay.store.putAccount({
        id,
        name: id,
        weight: 1,
        isOperator: false,
        activeTasks: 0,
        createdAt: NOW,
      });
    }
  }

  async #post({ callbackUrl = '', requestId }: SubmitRequest): Promise<SubmitAnswer> {
    const { clock } = this.relay;
    await clock.sleep(POST_MS);
    const upstreamId = `up_${requestId}`;
    const token = callbackUrl.slice(callbackUrl.lastIndexOf('/') + 1);
    const body = JSON.stringify({ id: upstreamId, status: 'completed', code: 0, outputs: ['https://x.example/1.png'] });
    void clock.sleep(WORK_MS).then(() => this.pool.run(() => takeCallback(this.#ports, token, body)));
    return { kind: 'accepted', upstreamId, estimatedMs: WORK_MS };
  }

  /** One HTTP request, with all that authentication and the account's shares do before it is served. */
  async #request(accountId: string, call: Call): Promise<{ readonly answer: Answer; readonly tookMs: number }> {
    this.#count += 1;
    const meter = this.#meters[this.#count % this.#meters.length];
    const { value, tookMs } = await this.pool.run(async (): Promise<Answer> => {
      try {
        const account = await this.#ports.store.loadAccount(accountId);
        if (!account || !meter) throw new Error(accountId);
        await meter.admit(account);
        return await call(account);
      } catch (error) {
        if (error instanceof HttpFailure) return { status: error.status, body: error.body };
        throw error;
      }
    });
    return { answer: value, tookMs };
  }

  submitAs(accountId: string, options: SubmitOptions = {}) {
    const { vendor = 'acme', model = 'sketch', task = 'text-to-image', webhook, isSync, key } = options;
    const query = { ...(webhook !== undefined && { webhook }), ...(isSync && { sync: 'true' }) };
    return this.#request(accountId, (account) =>
      submitTask(this.#ports, account, { vendor, model, task, query, idempotencyKey: key, body: '{"prompt":"a cat"}' }),
    );
  }

  /** A request of the greedy account; the world does not wait for its answer. */
  greedy(ask: (world: this) => Promise<{ readonly answer: Answer }>): void {
    void ask(this).then(({ answer: { status } }) => {
      this.greedyAnswers.set(status, (this.greedyAnswers.get(status) ?? 0) + 1);
    });
  }

  readAs(accountId: string, taskId: string) {
    return this.#request(accountId, (account) => getTask(this.#ports, account, taskId));
  }

  registerAs(accountId: string, url: string) {
    return this.#request(accountId, (account) => createOwnEndpoint(this.#ports, account, {}, JSON.stringify({ url })));
  }

  /** Submits as the quiet account, reads the task, and notes when its webhook has come. */
  async quiet(): Promise<void> {
    const { clock } = this.relay;
    const askedAt = clock.now();
    const webhook = 'https://quiet.example.com/hook';
    this.receivers.script(webhook, (call) => {
      const { data } = JSON.parse(call.body) as { readonly data: { readonly id: string } };
      const submittedAt = this.#submittedAt.get(data.id);
      if (submittedAt !== undefined) this.taken.calledBack.push(clock.now() + RECEIVER_MS - submittedAt);
      this.#submittedAt.delete(data.id);
      return { status: 200, afterMs: RECEIVER_MS };
    });
    const submitted = await this.submitAs('acc_quiet', { webhook });
    this.taken.submit.push(submitted.tookMs);
    if (submitted.answer.status !== 200) return void this.taken.refusals.push(submitted.answer.status);
    const { id } = submitted.answer.body as { readonly id: string };
    this.#submittedAt.set(id, askedAt);
    const read = await this.readAs('acc_quiet', id);
    this.taken.read.push(read.tookMs);
    if (read.answer.status !== 200) this.taken.refusals.push(read.answer.status);
  }

  /** Tasks of the quiet account whose webhook has not come. */
  get unheard(): number {
    return this.#submittedAt.size;
  }

  /** Lets time pass; `each` is called every so often, with how often before. */
  async pass(forMs: number, each: (step: number) => void = () => undefined): Promise<void> {
    const { clock } = this.relay;
    for (let step = 0; step * STEP_MS < forMs; step += 1) {
      each(step);
      if ((clock.now() - NOW) % SWEEP_MS < STEP_MS) void this.pool.run(() => sweep(this.#ports, clock.now() + 45_000));
      this.#pump();
      await clock.advance(STEP_MS);
    }
  }

  #pump(): void {
    this.#serve('dispatch', (received) => serveDispatch(this.#ports, received));
    this.#serve('settle', (received) => serveSettle(this.#ports, received));
    this.#serve('deliver', (received) => serveDeliver(this.#ports, received));
  }

  /** As the event source does: batches of ten, each in an execution, no more at once than `maxConcurrency`. */
  #serve(queue: Queue, serve: (received: Received) => Promise<readonly FailedMessage[]>): void {
    const { deliverRuns } = this.relay.settings.shares;
    while ((this.#running.get(queue) ?? 0) < deliverRuns) {
      const outgoing = this.relay.doorbells.take(queue, 10);
      if (outgoing.length === 0) return;
      this.#running.set(queue, (this.#running.get(queue) ?? 0) + 1);
      const received = outgoing.map(({ doorbell }) => ({ messageId: String((this.#count += 1)), doorbell }));
      const run = this.pool.run(() => serve(received));
      void run.then(async ({ value: failed }) => {
        this.#running.set(queue, (this.#running.get(queue) ?? 1) - 1);
        const again = received.filter(({ messageId }) => failed.some((message) => message.messageId === messageId));
        await this.relay.doorbells.send(again.map(({ doorbell }) => ({ queue, doorbell, delayMs: 1_000 })));
        this.#pump();
      });
    }
  }
}
