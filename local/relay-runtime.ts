// A local relay from start to stop: synthesises the stack, starts the stand-ins of AWS's services, creates the stack's
// resources in them and connects them as the template describes. Each part has a folder of its own; this file has the
// order of start and stop.
import { randomUUID } from 'node:crypto';
import { startAlarms } from './cloudwatch/alarms/start-alarms.ts';
import { DiskWatch } from './disk-watch.ts';
import { listenOn } from './listen-on.ts';
import { startSimulator } from '../simulator/start-simulator.ts';
import { Gateway } from './http/gateway.ts';
import { makeLocalCalls } from './http/local-calls.ts';
import { LambdaHost } from './lambda/lambda-host.ts';
import { FunctionLogs } from './logs/function-logs.ts';
import { MetricStore } from './cloudwatch/metrics/metric-store.ts';
import {
  measureInvocation,
  measureQueues,
  measureRequest,
  measureThrottle,
} from './cloudwatch/metrics/service-metrics.ts';
import { startObjectServer } from './objects/object-server.ts';
import { visibilityTimeoutMs } from './queues/queue-plan.ts';
import { QueuePoller } from './queues/queue-poller.ts';
import { startQueueServer } from './queues/queue-server.ts';
import { ScheduleTimers } from './schedules/schedule-timers.ts';
import { seedAccounts } from './seed-accounts.ts';
import { localSecrets } from './services/local-secrets.ts';
import { startServiceServer } from './services/service-server.ts';
import { Shutdown } from './shutdown.ts';
import { planStack } from './stack-plan.ts';
import { createTables } from './tables/create-tables.ts';
import { startDynamoServer } from './tables/dynamo-server.ts';
import { LOCAL_API_ID, makeLocalWorld } from './template/resource-identity.ts';
import { synthesiseStack } from './template/synthesised-stack.ts';
import type { DataDirectory } from './data-directory.ts';
import type { AwsManners } from './aws-manners.ts';
import type { ObjectServer } from './objects/object-server.ts';
import type { Get3wServer } from './get3w-server.ts';
import type { LocalWorld } from './template/resource-identity.ts';
import type { RuntimeFile } from './runtime-file.ts';
import type { LocalCredentials } from './seed-accounts.ts';
import type { StackPlan } from './stack-plan.ts';

interface RelayRuntimeOptions {
  readonly data: DataDirectory;
  /** 0 takes any free port; undefined takes the last one used, else 4300, else a free one. */
  readonly port: number | undefined;
  readonly isFresh: boolean;
  readonly isQuick: boolean;
  /** The server that tasks are submitted to; the simulator when undefined. */
  readonly get3w?: Get3wServer | undefined;
  /** AWS's limits, for a relay that should meet them here first; undefined for none. */
  readonly manners?: AwsManners | undefined;
  /** Address of a DynamoDB to use in place of the one that the runtime starts. */
  readonly dynamoEndpoint?: string | undefined;
  readonly console: RuntimeConsole;
}

/** Output to the terminal. */
export interface RuntimeConsole {
  /** Only when asked for. */
  readonly detail: (text: string) => void;
  readonly warn: (text: string) => void;
  /** One line on what happened, without a need to act. */
  readonly note: (text: string) => void;
  /** The runtime cannot continue. */
  readonly crash: (text: string) => void;
}

export interface RelayRuntime {
  readonly url: string;
  readonly simulatorUrl: string | undefined;
  readonly get3w: Get3wServer | undefined;
  readonly manners: AwsManners | undefined;
  readonly keys: LocalCredentials;
  /** How many times faster than in the template schedules run. */
  readonly speedFactor: number;
  /** For tools that work on it as on a deployed stack. */
  readonly runtimeFile: RuntimeFile;
  stop(): Promise<void>;
}

const DEFAULT_PORT = 4300;
const SIMULATOR_KEY = 'sk_local_simulator';
/** Turns a minute into five seconds. */
const QUICK_SPEED_FACTOR = 12;
const QUICK_TASK_MS = 200;
/** At a stop, work under way gets this long to end. */
const GRACE_MS = 5_000;
const STACK_UUID_NAME = 'stack-uuid.json';

/** @throws StartError for what the user can correct; everything started by then is stopped again. */
export async function startRelayRuntime(options: RelayRuntimeOptions): Promise<RelayRuntime> {
  const shutdown = new Shutdown();
  const stop = async (): Promise<void> => {
    for (const error of await shutdown.run()) options.console.warn(`could not be stopped properly: ${String(error)}`);
  };
  try {
    return { ...(await start(options, shutdown)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: RelayRuntimeOptions, shutdown: Shutdown): Promise<Omit<RelayRuntime, 'stop'>> {
  const { data, isFresh, isQuick, get3w, manners, console } = options;
  const gateway = new Gateway();
  const { url, simulatorUrl } = await takeAddresses(options, gateway, shutdown);
  const synthesis = synthesiseStack({
    outDir: data.file('stack'),
    get3wUrl: simulatorUrl ?? get3w?.url ?? '',
    pace: { isQuick, callbacks: get3w?.callsBack ?? true, isSimulated: get3w === undefined },
    isLikeAws: manners !== undefined,
  });
  // CDK takes a second or two; everything that needs no template starts meanwhile.
  synthesis.catch(() => {});
  const services = await startServices(options, shutdown);
  const stack = await synthesis;
  console.detail('stack synthesised');

  const world = makeLocalWorld(stack.stackName, { api: url, queues: services.queues.url }, stackUuidOf(data));
  const plan = planStack(stack, world);
  for (const [type, count] of plan.passedOver) console.detail(`passed over: ${count} ${type}`);
  await Promise.all([
    createTables(services.dynamoUrl, plan.tables, isFresh),
    services.queues.createQueues(plan.queues),
  ]);
  const { tables, secrets, functions, topicArns } = plan;
  services.others.setSecrets(localSecrets({ data, secrets, functions, get3wKey: get3w?.key ?? SIMULATOR_KEY }));
  services.others.setTopics(topicArns);
  services.objects.setBuckets(plan.buckets.map(({ name }) => name));
  const keys = await seedAccounts(data, services.dynamoUrl, tables[0]?.name ?? '');

  const metrics = new MetricStore();
  const speedFactor = isQuick ? QUICK_SPEED_FACTOR : 1;
  const host = await connectFunctions(
    options,
    { plan, services, metrics, speedFactor, region: world.region },
    shutdown,
  );
  const alarms = startAlarms({
    alarms: plan.alarms,
    metrics,
    speedFactor,
    runbookUrl: `${url}/console/runbook`,
    sample: async () => measureQueues(metrics, await services.queues.counts()),
    ...console,
  });
  shutdown.add('callers', () => alarms.stop());
  services.others.setWatched({ metrics, alarms: plan.alarms, report: alarms.report, history: alarms.history });
  const answerLocal = makeLocalCalls({
    metrics,
    alarmReport: alarms.report,
    queueCounts: services.queues.counts,
    sandboxCounts: () => host.counts(),
    speedFactor,
    simulatorUrl,
  });
  gateway.open({
    routes: plan.routes,
    stage: plan.stage,
    invoke: host.invoke,
    onAnswered: (answer) =>
      measureRequest(metrics, { apiId: LOCAL_API_ID, stageName: plan.stage?.name ?? '$default' }, answer),
    answerLocal,
  });
  return {
    ...{ url, simulatorUrl, get3w, manners, keys, speedFactor },
    runtimeFile: runtimeFileOf({ plan, services, world, keys, simulatorUrl }),
  };
}

/** Kept with the data: Get3W calls back on the path that it was given before a restart. */
function stackUuidOf(data: DataDirectory): string {
  const kept = data.read(STACK_UUID_NAME);
  if (typeof kept === 'string') return kept;
  const made = randomUUID();
  data.write(STACK_UUID_NAME, made);
  return made;
}

/** Everything that a tool needs to work on this relay. */
function runtimeFileOf(started: {
  readonly plan: StackPlan;
  readonly services: Services;
  readonly world: LocalWorld;
  readonly keys: LocalCredentials;
  readonly simulatorUrl: string | undefined;
}): RuntimeFile {
  const { plan, services, world, keys, simulatorUrl } = started;
  return {
    pid: process.pid,
    stackName: world.stackName,
    outputs: plan.outputs,
    apiKey: keys.apiKey,
    region: world.region,
    endpoints: {
      dynamoDb: services.dynamoUrl,
      sqs: services.queues.url,
      s3: services.objects.url,
      others: services.others.url,
    },
    settings: plan.functions.find(({ environment }) => environment['SETTINGS'])?.environment['SETTINGS'] ?? '{}',
    simulatorUrl: simulatorUrl ?? null,
  };
}

/** Ports that are kept across restarts, so that callbacks under way and addresses of outputs stay valid. */
interface KeptPorts {
  readonly api?: number;
  readonly simulator?: number;
  readonly objects?: number;
}

const PORTS_FILE = 'ports.json';

async function takeAddresses(
  { data, port, isQuick, get3w, console }: RelayRuntimeOptions,
  gateway: Gateway,
  shutdown: Shutdown,
): Promise<{ url: string; simulatorUrl: string | undefined }> {
  const kept = (data.read(PORTS_FILE) ?? {}) as KeptPorts;
  const api = await listenOn(port === undefined ? [kept.api ?? DEFAULT_PORT, DEFAULT_PORT, 0] : [port], (candidate) =>
    gateway.takePort(candidate),
  );
  shutdown.add('gateway', () => gateway.close(GRACE_MS));
  const apiPort = Number(new URL(api.result).port);
  if (api.isSecondChoice) console.warn(`Port ${kept.api ?? DEFAULT_PORT} is taken; listening on ${apiPort} instead.`);
  if (get3w !== undefined) {
    data.write(PORTS_FILE, { ...kept, api: apiPort });
    return { url: api.result, simulatorUrl: undefined };
  }
  const simulator = await listenOn([kept.simulator ?? 0, 0], (candidate) =>
    startSimulator({
      port: candidate,
      dataDir: data.file('get3w'),
      settings: isQuick ? { durationMs: QUICK_TASK_MS } : {},
    }),
  );
  shutdown.add('simulator', () => simulator.result.close());
  if (simulator.isSecondChoice) {
    console.warn(
      `Port ${kept.simulator} is taken: outputs of earlier tasks, which point to it, are no longer available.`,
    );
  }
  data.write(PORTS_FILE, { ...kept, api: apiPort, simulator: simulator.result.port });
  return { url: api.result, simulatorUrl: simulator.result.url };
}

interface Services {
  readonly dynamoUrl: string;
  readonly queues: Awaited<ReturnType<typeof startQueueServer>>;
  readonly objects: ObjectServer;
  readonly others: Awaited<ReturnType<typeof startServiceServer>>;
}

async function startServices(
  { data, dynamoEndpoint, console }: RelayRuntimeOptions,
  shutdown: Shutdown,
): Promise<Services> {
  const others = await startServiceServer(({ topicArn, subject, message }) =>
    console.warn(`published to ${topicArn}: ${subject} ${message}`),
  );
  shutdown.add('services', () => others.close());
  const queues = await startQueueServer();
  shutdown.add('services', () => queues.close());
  const objects = await startObjects(data);
  shutdown.add('services', () => objects.close());
  if (dynamoEndpoint !== undefined) return { dynamoUrl: dynamoEndpoint, queues, objects, others };
  const dynamo = await startDynamoServer({
    dataDir: data.path,
    onCrash: (text) => console.crash(`DynamoDB's stand-in ended unasked: ${text}`),
  });
  shutdown.add('services', () => dynamo.close());
  return { dynamoUrl: dynamo.url, queues, objects, others };
}

/** On the port of the last run: addresses that were signed before a restart stay good. */
async function startObjects(data: DataDirectory): Promise<ObjectServer> {
  const kept = (data.read(PORTS_FILE) ?? {}) as KeptPorts;
  const objects = await startObjectServer({ directory: data.file('objects'), port: kept.objects });
  data.write(PORTS_FILE, { ...kept, objects: objects.port });
  return objects;
}

interface Connections {
  readonly plan: StackPlan;
  readonly services: Services;
  readonly metrics: MetricStore;
  readonly speedFactor: number;
  readonly region: string;
}

/** Connects the functions with what calls them: queues and schedules. */
async function connectFunctions(
  { data, manners, console }: RelayRuntimeOptions,
  { plan, services, metrics, speedFactor, region }: Connections,
  shutdown: Shutdown,
): Promise<LambdaHost> {
  const disk = new DiskWatch({ path: data.path, warn: console.warn });
  disk.start();
  shutdown.add('logs', () => disk.stop());
  const logs = new FunctionLogs({
    logsDir: data.file('logs'),
    metrics,
    onFailed: disk.failed,
    show: (name, text) => console.detail(`${name}: ${text}`),
    onTaskEnd: console.note,
  });
  shutdown.add('logs', () => logs.close());
  const host = new LambdaHost({
    functions: plan.functions,
    urls: {
      dynamoDb: services.dynamoUrl,
      sqs: services.queues.url,
      s3: services.objects.url,
      others: services.others.url,
    },
    onPrinted: logs.write,
    manners,
    onRun: (name, run) => measureInvocation(metrics, name, run),
    onThrottled: (name) => {
      measureThrottle(metrics, name);
      console.detail(`${name} was throttled: no execution was free`);
    },
    onFailed: (name, { errorType, text }) => {
      logs.write(name, [{ stream: 'stderr', text: `${errorType} ${text}` }]);
      console.warn(`${name} failed: ${errorType} ${text.split('\n')[0]}`);
    },
  });
  shutdown.add('functions', () => host.close(GRACE_MS));
  await host.warm();
  const pollers = plan.sources.map(
    (source) =>
      new QueuePoller({
        plan: source,
        queuesUrl: services.queues.url,
        region,
        invoke: host.invoke,
        visibilityTimeoutMs: visibilityTimeoutMs(plan.queues, source.queueName),
        warn: console.detail,
      }),
  );
  const schedules = new ScheduleTimers({ schedules: plan.schedules, speedFactor, invoke: host.invoke });
  // Batches that take longer are cut off with their functions; the sweep finds their work again.
  shutdown.add('callers', async () => {
    await Promise.race([
      Promise.all([schedules.stop(), ...pollers.map((poller) => poller.stop())]),
      new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref()),
    ]);
  });
  for (const poller of pollers) poller.start();
  schedules.start();
  return host;
}
