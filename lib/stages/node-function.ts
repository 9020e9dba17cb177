// One function of the relay as Lambda runs it: Node 24 on arm64, a role and a log group of its own, exactly the
// environment that the contract names, and alarms on what Lambda itself reports of it. Its stage adds the calls that it
// may make, and its sources.
import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { memoryMbOf } from '../../core/domain/capacity.ts';
import type { Environment, Stage } from '../../core/contract/environment.ts';
import { BUNDLE_HANDLER, bundleOf } from '../bundling/bundle-folder.ts';
import { relayAlarm } from '../monitoring/alarm.ts';
import type { AlarmSeverity, AlarmDefaults } from '../monitoring/alarm.ts';

/** Lambda refuses more than 4 KB; values known only at deployment are estimated generously. */
const ENVIRONMENT_BYTES_MAX = 4_096;
const TOKEN_BYTES = 256;

interface NodeFunctionProps<S extends Stage> {
  readonly stage: S;
  readonly description: string;
  /** Folder that holds `<stage>/index.mjs`. */
  readonly bundlesDir: string;
  /** Exactly the variables that core/contract/environment.ts names for the stage. */
  readonly environment: Environment<S>;
  readonly timeoutSeconds: number;
  /** Memory in MB, which also sets the share of a processor: 1,769 MB is a whole one. @default by stage */
  readonly memoryMb?: number | undefined;
  readonly logRetention: RetentionDays;
  /** Customer key that encrypts its log. @default CloudWatch's own */
  readonly dataKey: IKey | undefined;
  /** Whether it may send to the queue that calls it, as retries with backoff do. @default false */
  readonly isSelfCalling?: boolean;
  /** Whether an alarm reports runs that come near the timeout. @default false */
  readonly isTimed?: boolean;
  /** Severity of the alarm on crashes and timeouts; null means no alarm. @default 'page' */
  readonly errorSeverity?: AlarmSeverity | null;
  readonly alarms: AlarmDefaults;
}

export class NodeFunction<S extends Stage> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;
  /** Part of the role itself, so that a resource that depends on the role also waits for its permissions. */
  readonly #rights = new PolicyDocument({ minimize: true });

  constructor(scope: Construct, id: string, props: NodeFunctionProps<S>) {
    super(scope, id);
    checkEnvironmentSize(props.stage, props.environment);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.dataKey && { encryptionKey: props.dataKey }),
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What the ${props.stage} function of the relay may do`,
      inlinePolicies: { Rights: this.#rights },
    });
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(bundleOf(props.bundlesDir, props.stage), { exclude: ['*.map', '*.part'] }),
      handler: BUNDLE_HANDLER,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role: this.role,
      logGroup: this.logGroup,
      environment: props.environment,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb ?? memoryMbOf(props.stage),
      // Lambda would end a chain of queue, function and the same queue after 16 hops; the task's row counts and caps
      // attempts.
      recursiveLoop: props.isSelfCalling ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      // The log format stays text: in JSON mode Lambda wraps each line, and CloudWatch ignores a wrapped metric line.
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]);
    if (props.errorSeverity !== null) this.#addAlarms({ ...props, errorSeverity: props.errorSeverity ?? 'page' });
  }

  /** Lets the function make these calls on these resources, under the conditions. */
  allow(
    actions: readonly string[],
    resources: readonly string[],
    conditions: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {},
  ): void {
    const statement = { actions: [...actions], resources: [...resources], conditions };
    this.#rights.addStatements(new PolicyStatement(statement));
  }

  #addAlarms(props: NodeFunctionProps<S> & { readonly errorSeverity: AlarmSeverity }): void {
    const { stage, alarms, timeoutSeconds, isTimed, errorSeverity } = props;
    const title = stage[0]?.toUpperCase() + stage.slice(1);
    const quiet = 'not breaching, because Lambda reports nothing while nothing is called.';
    const { functionErrorsCount, timeoutPercent } = alarms.thresholds;
    relayAlarm(this, 'ErrorsAlarm', {
      defaults: alarms,
      name: `${title}/FunctionErrors`,
      severity: errorSeverity,
      pages: stage === 'api' ? 'users' : 'work',
      meaning: `The ${stage} function crashed or timed out ${functionErrorsCount} times within five minutes.`,
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      threshold: functionErrorsCount,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: quiet,
    });
    // Functions behind HTTP are watched by the time of their answers, and Lambda's throttles for the whole account.
    if (!isTimed) return;
    relayAlarm(this, 'NearTimeoutAlarm', {
      defaults: alarms,
      name: `${title}/NearTimeout`,
      severity: 'ticket',
      meaning: `A run of the ${stage} function took ${timeoutPercent} % of its ${timeoutSeconds} s or more, for fifteen minutes.`,
      metric: this.function.metricDuration({ statistic: 'Maximum', period: Duration.minutes(5) }),
      threshold: (timeoutSeconds * 1_000 * timeoutPercent) / 100,
      periods: 3,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: quiet,
    });
  }
}

/** @throws Error when Lambda would refuse the environment at deploy time. */
function checkEnvironmentSize(stage: Stage, environment: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(environment)
    .map(([name, value]) => name.length + (Token.isUnresolved(value) ? TOKEN_BYTES : Buffer.byteLength(value)))
    .reduce((sum, size) => sum + size, 0);
  if (bytes > ENVIRONMENT_BYTES_MAX) {
    throw new Error(`the environment of ${stage} takes ${bytes} bytes, Lambda allows 4096: override fewer settings`);
  }
}
