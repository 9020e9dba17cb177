// Get3W Relay as one construct: put it into a stack of your own, or use RelayStack, which is only a stack around it. It
// makes the shared resources and wires the stages; each stage makes its own function, permissions and alarms.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lazy, Tags } from 'aws-cdk-lib';
import { PermissionsBoundary, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { capacityOf, TASKS_PER_SECOND_DEFAULT } from '../core/domain/capacity.ts';
import { defaultDeliverySettings } from '../core/domain/webhook/delivery-policy.ts';
import { SITE_FILE } from '../core/contract/site.ts';
import { API_TIMEOUT_SECONDS, ApiStage } from './stages/api-stage.ts';
import { ConsoleStage } from './stages/console-stage.ts';
import { DeliverStage } from './stages/deliver-stage.ts';
import { DispatchStage } from './stages/dispatch-stage.ts';
import { CALLS_MAX } from './delivery-settings.ts';
import { bundleFunctions } from './bundling/function-bundles.ts';
import { resolveThresholds } from './monitoring/alarm-thresholds.ts';
import { AlarmTopic } from './monitoring/alarm-topic.ts';
import { consoleAddress } from './monitoring/console-address.ts';
import { KeepStage } from './stages/keep-stage.ts';
import { MediaBucket } from './media-bucket.ts';
import type { MediaDistribution } from './media-bucket.ts';
import { MonitoringStage } from './stages/monitoring-stage.ts';
import { RelayWatch } from './monitoring/relay-watch.ts';
import { resolvePrices } from './price-table-file.ts';
import { ProviderKey } from './provider-key.ts';
import { RelayApi } from './relay-api.ts';
import { addRelayOutputs } from './relay-outputs.ts';
import {
  deliverTimeoutSeconds,
  dispatchTimeoutSeconds,
  keepTimeoutSeconds,
  resolveSettings,
} from './relay-settings.ts';
import { RelayTable } from './relay-table.ts';
import { SETTLE_TIMEOUT_SECONDS, SettleStage } from './stages/settle-stage.ts';
import { SimulatorStage } from './stages/simulator-stage.ts';
import { StageQueue } from './stages/stage-queue.ts';
import { SweepStage } from './stages/sweep-stage.ts';
import type { Stage } from '../core/contract/environment.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import type { AlarmThresholds } from './monitoring/alarm-thresholds.ts';
import type { DashboardSubject } from './monitoring/dashboard-rows.ts';
import type { NodeFunction } from './stages/node-function.ts';
import type { CustomDomain, ThrottleLimits } from './relay-api.ts';
import type { RelaySettingsOverrides } from './relay-settings.ts';
import type { Get3WAccess, SharedResources } from './stages/shared-resources.ts';
import type { Capacity } from '../core/domain/capacity.ts';
import type { RelaySettings } from '../core/domain/settings.ts';

export interface Get3WRelayProps {
  /**
   * Name of this relay in metrics, alarms, the dashboard and tags; unique in the account and region, because
   * CloudWatch's names are. @default 'get3w-relay'
   */
  readonly name?: string | undefined;
  /** Stage of the deployment, such as `dev`; it is added to the name. @default none */
  readonly stage?: string | undefined;
  /**
   * Whether a simulator is deployed in Get3W's place: the relay then calls it with a key of its own, and pays nothing.
   * For a test deployment, never for one whose tasks Get3W should work on. @default false
   */
  readonly simulator?: boolean | undefined;
  /** Base URL of Get3W. @default 'https://api.get3w.com' */
  readonly get3wUrl?: string | undefined;
  /** Complete ARN of a secret whose whole text is the Get3W key. @default an empty secret is made, for you to fill */
  readonly get3wKeySecretArn?: string | undefined;
  /**
   * ARN of the customer key that the secret is encrypted with, so that the functions may decrypt it; a new secret is
   * encrypted with it too. The key's own policy must let the account's roles use it. @default no customer key
   */
  readonly get3wKeyKmsArn?: string | undefined;
  /**
   * ARN of a customer key (KMS) that encrypts the table, the queues and the logs. Its policy must let the account's roles
   * use it, and CloudWatch Logs for the logs: docs/security.md has it. @default keys of AWS
   */
  readonly dataKmsArn?: string | undefined;
  /**
   * ARN of an existing bucket for the outputs that tasks keep, in the folder `outputs/`. Its rules are its own: it must
   * not be versioned if erasing a task is to remove its outputs. @default a private bucket is made
   */
  readonly mediaBucketArn?: string | undefined;
  /**
   * A CloudFront distribution of yours in front of the bucket: addresses of kept outputs then lead there, signed with
   * its key. Its origin access control must read the bucket. @default addresses of S3, signed with the function's role
   */
  readonly mediaDistribution?: MediaDistribution | undefined;
  /** Behaviour of the relay: retries, deadlines, the gate. Any part of RelaySettings. @default its own defaults */
  readonly settings?: RelaySettingsOverrides | undefined;
  /** Mail address that gets the alarms; AWS asks it to confirm. @default none; you may subscribe to the topic */
  readonly alarmEmail?: string | undefined;
  /** ARN of an existing topic for alarms, such as a chat's; it must let CloudWatch publish. @default a topic is made */
  readonly alarmTopicArn?: string | undefined;
  /** Thresholds of the alarms. Any part of AlarmThresholds. @default its own defaults */
  readonly alarmThresholds?: Partial<AlarmThresholds> | undefined;
  /** Address of the runbook, for the links in alarms. @default the relay's own page, `<url>/console/runbook` */
  readonly runbookUrl?: string | undefined;
  /** A custom domain for the API. @default the host name that API Gateway gives */
  readonly domain?: CustomDomain | undefined;
  /**
   * The load that the relay is made for. Throttles, copies of functions and the table's warm throughput follow from it
   * unless they are given; `doctor` compares it with the account's quotas. @default 10
   */
  readonly tasksPerSecond?: number | undefined;
  /**
   * Limit of the requests to each route of the API. @default by `tasksPerSecond`: 100 a second, 200 at once, or more
   */
  readonly throttle?: ThrottleLimits | undefined;
  /** Limit of Get3W's callbacks, apart from the clients' requests. @default as `throttle` */
  readonly callbackThrottle?: ThrottleLimits | undefined;
  /**
   * Where Get3W reaches the relay, such as `https://relay.example.com`, without a slash at its end: the address of a
   * CloudFront distribution, or the custom domain once its DNS record exists. @default the address that API Gateway
   * gives
   */
  readonly callbackOrigin?: string | undefined;
  /** Origins whose pages may call the API from a browser. @default none */
  readonly corsOrigins?: readonly string[] | undefined;
  /**
   * Copies of each queue's function that may run at once, 2 to 1,000. @default by `tasksPerSecond`: 10 of each or more
   */
  readonly maxConcurrency?: number | undefined;
  /**
   * Memory of each function in MB, which also sets its share of a processor. @default 256 where it mostly waits (dispatch,
   * deliver), else 512
   */
  readonly memoryMb?: number | undefined;
  /** How long logs are kept. @default one month */
  readonly logRetention?: RetentionDays | undefined;
  /** Whether table and secret outlive the stack and refuse deletion. @default true */
  readonly retainData?: boolean | undefined;
  /** ARN of a managed policy that bounds every role. @default none */
  readonly permissionsBoundaryArn?: string | undefined;
  /** Folder with ready bundles, `<function>/index.mjs`. @default the bundles are made from the sources */
  readonly bundlesDir?: string | undefined;
}

export class Get3WRelay extends Construct {
  /** The relay's address, without a slash at its end. */
  readonly url: string;
  /** Where Get3W calls back: each attempt's token is appended to it. */
  readonly callbacksUrl: string;
  /** Where a custom domain's DNS record must point; undefined without one. */
  readonly domainTarget: string | undefined;
  /** The shared resources of all stages; for further alarms, dashboards and outputs. */
  readonly resources: SharedResources;
  readonly get3wKeySecretArn: string;
  /** Customer key that the secret is encrypted with; undefined without one. */
  readonly get3wKeyKmsArn: string | undefined;
  /** Plays Get3W; undefined when the relay calls Get3W itself. */
  readonly simulator: SimulatorStage | undefined;

  constructor(scope: Construct, id: string, props: Get3WRelayProps = {}) {
    super(scope, id);
    const isRetained = props.retainData ?? true;
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;
    const { tasksPerSecond, capacity, runs } = sizeOf(props);
    const service = serviceName(props);
    const settings = settingsOf(props, tasksPerSecond, runs);

    const bundlesDir = props.bundlesDir ?? bundleFunctions();
    // The page is built apart from the functions; a relay is complete without it.
    const hasPage = existsSync(join(bundlesDir, 'console', SITE_FILE));
    const alarms = this.#prepareAlarms(props, service, { hasPage, media: settings.media });
    const { secretArn } = new ProviderKey(this, 'Get3WKey', {
      existingSecretArn: props.get3wKeySecretArn,
      kmsKeyArn: props.get3wKeyKmsArn,
      isRetained,
    });
    const dataKey = props.dataKmsArn === undefined ? undefined : Key.fromKeyArn(this, 'DataKey', props.dataKmsArn);
    const throttle = { ratePerSecond: capacity.ratePerSecond, burst: capacity.burst, ...given(props.throttle) };
    const api = new RelayApi(this, 'Http', { ...props, throttle, service, logRetention, alarms, dataKey });
    const resources: SharedResources = {
      alarms,
      settings,
      logRetention,
      dataKey,
      table: new RelayTable(this, 'Store', { isRetained, alarms, capacity, dataKey }),
      queues: makeQueues(this, settings, { alarms, dataKey }),
      media: this.#addMediaBucket(props, isRetained, settings, dataKey),
      prices: resolvePrices(props.settings?.prices),
      version: relayVersion,
      bundlesDir,
      memoryMb: props.memoryMb,
    };
    const simulator = props.simulator ? this.#addSimulator(props, resources, runs.dispatch) : undefined;
    const get3w = simulator
      ? { url: simulator.url, keySecretArn: simulator.keySecretArn }
      : realGet3W(props, secretArn);
    const stages = {
      api: new ApiStage(this, 'Api', { resources, api }),
      dispatch: new DispatchStage(this, 'Dispatch', {
        resources,
        get3w,
        callbacksUrl: api.callbacksUrl,
        maxConcurrency: runs.dispatch,
      }),
      settle: new SettleStage(this, 'Settle', { resources, get3w, api, maxConcurrency: runs.settle }),
      deliver: new DeliverStage(this, 'Deliver', { resources, maxConcurrency: runs.deliver }),
      keep: new KeepStage(this, 'Keep', { resources, api, maxConcurrency: runs.keep }),
      sweep: new SweepStage(this, 'Sweep', { resources }),
      monitoring: new MonitoringStage(this, 'Monitoring', { resources, api }),
      ...(hasPage && { console: new ConsoleStage(this, 'Console', { resources, api }) }),
    };
    // Last, because it watches everything made before.
    new RelayWatch(this, 'Watch', { defaults: alarms, subject: dashboardSubject(resources, api, stages) });

    Tags.of(this).add('service', service);
    if (props.permissionsBoundaryArn !== undefined) {
      const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', props.permissionsBoundaryArn);
      PermissionsBoundary.of(this).apply(boundary);
    }
    this.resources = resources;
    this.url = api.publicUrl;
    this.callbacksUrl = api.callbacksUrl;
    this.domainTarget = api.domainTarget;
    this.get3wKeySecretArn = secretArn;
    this.get3wKeyKmsArn = props.get3wKeyKmsArn;
    this.simulator = simulator;
  }

  /**
   * Adds the outputs of RelayStack to the stack that this relay is in, so that `npm run relay -- --stack <name>` finds it.
   * @param prefix for a stack with several relays, such as `Images`; the command line takes it as `<stack>/Images`.
   * @throws Error for a prefix that CloudFormation would refuse, or whose outputs exist already.
   */
  addOutputs({ prefix = '' }: { readonly prefix?: string | undefined } = {}): void {
    addRelayOutputs(this, prefix);
  }

  #prepareAlarms(
    props: Get3WRelayProps,
    service: string,
    { hasPage, media }: { readonly hasPage: boolean; readonly media: RelaySettings['media'] },
  ): AlarmDefaults {
    const { topic } = new AlarmTopic(this, 'Alarms', {
      email: props.alarmEmail,
      existingTopicArn: props.alarmTopicArn,
    });
    // Alarms of the API are made before its address is known.
    const ownRunbook = Lazy.string({ produce: () => `${this.url}/console/runbook` });
    return {
      service,
      topic,
      runbookUrl: props.runbookUrl ?? (hasPage ? ownRunbook : 'docs/runbook.md'),
      consoleUrl: consoleAddress(this),
      thresholds: resolveThresholds(props.alarmThresholds, media),
      made: [],
    };
  }

  #addMediaBucket(
    { mediaBucketArn: existingArn, mediaDistribution: distribution }: Get3WRelayProps,
    isRetained: boolean,
    settings: RelaySettings,
    dataKey: SharedResources['dataKey'],
  ): MediaBucket {
    return new MediaBucket(this, 'Media', { existingArn, isRetained, settings, dataKey, distribution });
  }

  /** @throws Error when `get3wUrl` is given too. */
  #addSimulator(props: Get3WRelayProps, resources: SharedResources, maxConcurrency: number): SimulatorStage {
    if (props.get3wUrl === undefined) return new SimulatorStage(this, 'Simulator', { resources, maxConcurrency });
    throw new Error('simulator and get3wUrl exclude each other: both set where tasks are sent');
  }
}

function realGet3W({ get3wUrl, get3wKeyKmsArn }: Get3WRelayProps, keySecretArn: string): Get3WAccess {
  const url = (get3wUrl ?? 'https://api.get3w.com').replace(/\/+$/, '');
  return { url, keySecretArn, keyKmsArn: get3wKeyKmsArn };
}

/** A prop without its undefined fields. */
function given<T extends object>(prop: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(prop ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

interface Size {
  readonly tasksPerSecond: number;
  readonly capacity: Capacity;
  readonly runs: Capacity['runs'];
}

/** The load that the relay is made for, and the copies of its functions, which a prop may set. */
function sizeOf({ tasksPerSecond: given, maxConcurrency, settings }: Get3WRelayProps): Size {
  const tasksPerSecond = given ?? settings?.tasksPerSecond ?? TASKS_PER_SECOND_DEFAULT;
  const capacity = capacityOf(tasksPerSecond, settings?.callbacks);
  const same = maxConcurrency && {
    dispatch: maxConcurrency,
    settle: maxConcurrency,
    deliver: maxConcurrency,
    keep: maxConcurrency,
  };
  return { tasksPerSecond, capacity, runs: same || capacity.runs };
}

/**
 * Sets the number of deliver runs that accounts share to the one that the stack deploys. A receiver may get as many
 * calls at once as there are runs, or no run could call past its lane.
 */
function settingsOf({ settings }: Get3WRelayProps, tasksPerSecond: number, runs: Capacity['runs']): RelaySettings {
  const { callsMax } = defaultDeliverySettings;
  return resolveSettings({
    ...settings,
    tasksPerSecond,
    deliveries: { callsMax: Math.min(CALLS_MAX, Math.max(callsMax, runs.deliver)), ...settings?.deliveries },
    shares: { ...settings?.shares, deliverRuns: runs.deliver },
  });
}

function dashboardSubject(
  { alarms, table, queues }: SharedResources,
  { stage }: RelayApi,
  stages: Readonly<Record<string, { readonly handler: Pick<NodeFunction<Stage>, 'function' | 'logGroup'> }>>,
): DashboardSubject {
  return {
    service: alarms.service,
    stage,
    table: table.table,
    queues,
    functions: Object.fromEntries(Object.entries(stages).map(([name, { handler }]) => [name, handler.function])),
    logGroups: Object.values(stages).map(({ handler }) => handler.logGroup),
  };
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};
const relayVersion = manifest.version;

/** @throws Error for a name that alarms, metrics or tags do not allow. */
function serviceName({ name = 'get3w-relay', stage }: Get3WRelayProps): string {
  const service = stage === undefined ? name : `${name}-${stage}`;
  if (/^[a-zA-Z][a-zA-Z0-9-]{0,62}$/.test(service)) return service;
  throw new Error(`the name ${JSON.stringify(service)} is not allowed: letters, digits and hyphens, 63 at most`);
}

function makeQueues(
  scope: Construct,
  settings: RelaySettings,
  shared: Pick<SharedResources, 'alarms' | 'dataKey'>,
): SharedResources['queues'] {
  const queue = (stage: string, functionTimeoutSeconds: number) =>
    new StageQueue(scope, `${stage}Queue`, { stage, functionTimeoutSeconds, ...shared });
  return {
    dispatch: queue('Dispatch', dispatchTimeoutSeconds(settings)),
    settle: queue('Settle', SETTLE_TIMEOUT_SECONDS),
    deliver: queue('Deliver', deliverTimeoutSeconds(settings)),
    keep: queue('Keep', keepTimeoutSeconds(settings)),
    jobs: queue('Jobs', API_TIMEOUT_SECONDS),
  };
}
