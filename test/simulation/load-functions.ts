// The functions of a load world: the real handlers with the real adapters over the table model, a model of SQS and of
// Get3W. Each run is billed for its time, and its calls of the table are counted under the step that it is at.
import { auditLogOf } from '../../core/adapters/dynamodb/dynamo-audit.ts';
import { placesOf } from '../../core/adapters/dynamodb/dynamo-places.ts';
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { makeEmfMetrics } from '../../core/adapters/emf-metrics.ts';
import { makeJsonLog } from '../../core/adapters/json-log.ts';
import { rememberedGates } from '../../core/adapters/remembered-gates.ts';
import { makeSqsDoorbells } from '../../core/adapters/sqs-doorbells.ts';
import { wideLines } from '../../core/contract/wide-lines.ts';
import { RequestMeter } from '../../functions/api/request-meter.ts';
import { makeHandler as makeApi } from '../../functions/api/handler.ts';
import { makeHandler as makeDeliver } from '../../functions/deliver/handler.ts';
import { makeHandler as makeDispatch } from '../../functions/dispatch/handler.ts';
import { makeHandler as makeKeep } from '../../functions/keep/handler.ts';
import { makeHandler as makeSettle } from '../../functions/settle/handler.ts';
import { makeHandler as makeSweep } from '../../functions/sweep/handler.ts';
import { MemoryDeadLetters } from '../support/memory/memory-dead-letters.ts';
import { MemoryFiles } from '../support/memory/memory-files.ts';
import { memoryUploads } from '../support/memory/memory-uploads.ts';
import { LoadCopies } from './load-copies.ts';
import { HolderFault, watchedBy } from './load-holder.ts';
import { LoadInputs } from './load-inputs.ts';
import { FixedRandomSource } from '../support/memory/fixed-random-source.ts';
import { LoadQueue } from './load-queue.ts';
import type { Account } from '../../core/domain/account.ts';
import type { PriceTable } from '../../core/domain/money/price-table.ts';
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Queue } from '../../core/contract/messages.ts';
import type { Provider } from '../../core/ports/ports.ts';
import type { TableModel } from '../support/table/table-model.ts';
import type { Dice } from './dice.ts';
import type { BilledStage, LoadBill } from './load-bill.ts';
import type { RunFault } from './load-holder.ts';
import type { KeepPorts } from '../../functions/keep/keep-ports.ts';
import type { LoadGet3w } from './load-get3w.ts';
import type { LoadPlan } from './load-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

interface LoadFunctionsOptions {
  readonly plan: LoadPlan;
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly table: TableModel;
  readonly bill: LoadBill;
  readonly get3w: LoadGet3w;
  /** The end of an attempt of this task was committed. */
  readonly onRecorded: (taskId: string) => void;
}

/** The stages of a task, by which the figures are separated. */
type Step = 'taken in' | 'asked for' | 'claimed' | 'accepted' | 'ended' | 'kept' | 'delivered' | 'cancelled' | 'swept';

/** Under which function's memory a run is billed, and at which step its calls of the table are counted. */
interface Billed {
  readonly stage: BilledStage;
  readonly step: Step;
}

interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly routeKey: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const SWEEP_TIMEOUT_MS = 60_000;
const RECEIVER_MS = 150;

/** Every task has a price; it moves money only where its account is metered. */
const loadPrices: PriceTable = { unknown: 40_007, models: {} };

type Ports = ReturnType<LoadFunctions['portsOf']>;

/** What the run that a process serves just now is about. */
interface CurrentRun {
  step: Step;
  fault: RunFault;
}

/** A process of a function: its ports are made once, and keep what they remember between its runs. */
interface Copy {
  readonly current: CurrentRun;
  readonly ports: Ports;
}

/** A function of the relay; the api serves bulk jobs too. */
type FunctionName = Exclude<BilledStage, 'jobs'>;

export class LoadFunctions {
  readonly #options: LoadFunctionsOptions;
  readonly #randomSource: FixedRandomSource;
  readonly #inputs: LoadInputs;
  readonly #letters = new MemoryDeadLetters();
  readonly holder: HolderFault;
  /** The processes of each function: what comes over HTTP and from its queue is served by the same. */
  readonly copies: Readonly<Record<FunctionName, LoadCopies<Copy>>>;
  readonly queues: Readonly<Record<Queue, LoadQueue>>;
  /** What runs threw that ended as a whole. */
  readonly failures: unknown[] = [];
  #requests = 0;
  #keptEnds: Pick<KeepPorts, 'source' | 'bucket'> | undefined;
  /** Runs under way. */
  running = 0;

  constructor(options: LoadFunctionsOptions) {
    this.#options = options;
    const { plan, time, dice, bill } = options;
    this.#inputs = new LoadInputs(options);
    this.holder = new HolderFault(time, plan.holderFails);
    this.#randomSource = new FixedRandomSource(plan.seed + 1, { now: () => Math.floor(time.now()) });
    const copies = (): LoadCopies<Copy> => new LoadCopies(time, () => this.#beginCopy());
    this.copies = {
      api: copies(),
      dispatch: copies(),
      settle: copies(),
      deliver: copies(),
      keep: copies(),
      sweep: copies(),
    };
    const queue = (name: Queue, serve: (ports: Ports, event: SQSEvent) => Promise<unknown>, step: Step): LoadQueue =>
      new LoadQueue({
        time,
        dice,
        bill,
        copies: plan.copies[name],
        invoke: (event) =>
          this.#run({ stage: name, step }, (ports) => serve(ports, event)) as Promise<SQSBatchResponse | undefined>,
      });
    this.queues = {
      dispatch: queue('dispatch', (ports, event) => makeDispatch(ports)(event), 'claimed'),
      settle: queue('settle', (ports, event) => makeSettle(ports)(event, noContext), 'ended'),
      deliver: queue('deliver', (ports, event) => makeDeliver(ports)(event), 'delivered'),
      keep: queue('keep', (ports, event) => this.#keep(ports, event), 'kept'),
      jobs: queue('jobs', (ports, event) => makeApi(ports)(event, noContext), 'cancelled'),
    };
  }

  /** Before time begins: the client of S3 is loaded for worlds that keep outputs only. */
  async prepare(): Promise<void> {
    const { keptBytes } = this.#options.plan.client;
    if (keptBytes === undefined) return;
    const { loadBucket, loadSource } = await import('./load-outputs.ts');
    const options = { ...this.#options, outputBytes: keptBytes };
    this.#keptEnds = { source: loadSource(options), bucket: loadBucket(options) };
  }

  async #keep(ports: Ports, event: SQSEvent): Promise<SQSBatchResponse> {
    if (!this.#keptEnds) throw new Error('no task of this world keeps its outputs');
    return makeKeep({ ...ports, ...this.#keptEnds })(event);
  }

  /** A client's call of the API. */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const step = call.method === 'POST' ? 'taken in' : 'asked for';
    const answer = await this.#http(call, (ports, event) => makeApi(ports)(event, noContext), { stage: 'api', step });
    return { status: answer?.statusCode ?? 500, body: answer?.body ?? '' };
  }

  /** @returns the status with which Get3W's webhook is answered. */
  async callBack(token: string, body: string): Promise<number> {
    const call: HttpCall = {
      method: 'POST',
      routeKey: 'POST /callbacks/get3w/stack/{token}',
      path: `/callbacks/get3w/stack/${token}`,
      parameters: { token },
      body,
    };
    const answer = await this.#http(call, (ports, event) => makeSettle(ports)(event, noContext), {
      stage: 'settle',
      step: 'ended',
    });
    return answer?.statusCode ?? 500;
  }

  sweep(): Promise<unknown> {
    return this.#run({ stage: 'sweep', step: 'swept' }, (ports) =>
      makeSweep({ ...ports, due: ports.store })({}, contextOf(SWEEP_TIMEOUT_MS)),
    );
  }

  async #http(
    call: HttpCall,
    serve: (ports: Ports, event: APIGatewayProxyEventV2) => Promise<unknown>,
    billed: Billed,
  ): Promise<{ statusCode?: number; body?: string } | undefined> {
    const { bill, time, dice } = this.#options;
    bill.http();
    this.#requests += 1;
    await time.sleep(dice.between(4, 10));
    return (await this.#run(billed, (ports) => serve(ports, eventOf(call, this.#requests)))) as { statusCode?: number };
  }

  /** One run of one function; undefined when it threw. */
  async #run({ stage, step }: Billed, work: (ports: Ports) => Promise<unknown>): Promise<unknown> {
    const { time, dice, bill } = this.#options;
    this.running += 1;
    await time.sleep(dice.between(3, 10));
    const beganAt = time.now();
    try {
      return await this.copies[stage === 'jobs' ? 'api' : stage].run(({ current, ports }) => {
        Object.assign(current, this.#beginRun(step));
        return work(ports);
      });
    } catch (error) {
      this.failures.push(error);
      return undefined;
    } finally {
      this.running -= 1;
      bill.run(stage, time.now() - beganAt);
    }
  }

  #beginRun(step: Step): CurrentRun {
    return { step, fault: this.holder.forRun() };
  }

  #beginCopy(): Copy {
    const current = this.#beginRun('claimed');
    return { current, ports: this.portsOf(current) };
  }

  /** The ports of one process, as its handler makes them with its first call. */
  portsOf(current: CurrentRun) {
    const { plan, time, table, bill, get3w, dice, onRecorded } = this.#options;
    const clock = { now: () => Math.floor(time.now()), sleep: (delayMs: number) => time.sleep(delayMs) };
    const randomSource = this.#randomSource;
    const write = (line: string): void => {
      bill.line(line);
      const { message, taskId } = JSON.parse(line) as { readonly message?: string; readonly taskId?: string };
      if (message === wideLines.attempt.message && taskId !== undefined) onRecorded(taskId);
    };
    const provider: Provider = {
      submit: async (request) => {
        await current.fault.pass();
        const answer = await get3w.submit(request);
        current.step = 'accepted';
        return answer;
      },
      poll: (id) => get3w.poll(id),
    };
    const client = watchedBy(
      () => current.fault,
      table.client(() => current.step),
    );
    const tableOptions = { client, tableName: 'relay', clock, randomSource };
    const whole = makeDynamoStore({ ...tableOptions, settings: plan.settings.gate });
    const store = { ...whole, ...rememberedGates(whole, clock) };
    const call = async () => {
      const durationMs = dice.logNormal(RECEIVER_MS, 0.4);
      await time.sleep(durationMs);
      return { kind: 'answered', status: 200, answer: '{"received":true}', durationMs } as const;
    };
    const judge = () => Promise.resolve(undefined);
    const base = {
      store,
      accounts: store,
      clock,
      metrics: makeEmfMetrics({ service: 'load', clock, write }),
      log: makeJsonLog({ service: 'load', clock, fields: { version: '0.0.0' }, write }),
      settings: plan.settings,
    };
    return {
      ...base,
      listing: store,
      jobs: store,
      mutes: store,
      kept: store,
      inputs: this.#inputs,
      ...memoryUploads,
      letters: this.#letters,
      faults: this.#letters,
      files: new MemoryFiles(),
      signer: { sign: (key: string) => Promise.resolve(`https://bucket.example/${key}`) },
      uploadSigner: { sign: (key: string) => Promise.resolve(`https://bucket.example/${key}`) },
      erasures: store,
      webhooks: store,
      places: placesOf(new DynamoTable(tableOptions)),
      audit: auditLogOf(new DynamoTable(tableOptions), plan.settings.audit),
      // New for each call, so that it counts nothing: a load world is about the work, not about who may ask for it.
      meter: { admit: (account: Account) => new RequestMeter(base).admit(account) },
      prices: { table: () => loadPrices },
      spend: store,
      leases: store,
      doorbells: makeSqsDoorbells({ queueUrls: urls, client: this.#sqsClient(current) }),
      randomSource,
      provider,
      callbacksUrl: 'https://relay.example/callbacks/get3w/stack',
      caller: { call, judge },
      version: '0.0.0',
    };
  }

  #sqsClient(current: CurrentRun): SQSClient {
    const { time, dice, bill } = this.#options;
    const send = async ({ input }: { readonly input: SendMessageBatchCommandInput }): Promise<unknown> => {
      await current.fault.pass();
      const entries = input.Entries ?? [];
      bill.sqs(entries.reduce((bytes, { MessageBody = '' }) => bytes + MessageBody.length, 0));
      await time.sleep(dice.logNormal(6, 0.25));
      for (const { MessageBody = '', DelaySeconds = 0 } of entries) {
        this.queues[input.QueueUrl as Queue].send(MessageBody, DelaySeconds);
      }
      return {};
    };
    return { send } as unknown as SQSClient;
  }
}

const urls: Readonly<Record<Queue, string>> = {
  dispatch: 'dispatch',
  settle: 'settle',
  deliver: 'deliver',
  keep: 'keep',
  jobs: 'jobs',
};

/** Without a remaining time middy sets no timer of its own, which would run in the machine's time. */
const noContext = {} as Context;

function contextOf(remainingMs: number): Context {
  return { getRemainingTimeInMillis: () => remainingMs } as unknown as Context;
}

function eventOf(call: HttpCall, number: number): APIGatewayProxyEventV2 {
  const { method, routeKey, path, query, headers = {}, parameters, body } = call;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    headers: { 'content-type': 'application/json', ...headers },
    queryStringParameters: query,
    pathParameters: parameters,
    requestContext: { requestId: `r${number}`, http: { method, path } },
    body,
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
}
