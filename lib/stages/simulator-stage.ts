// The simulator in Get3W's place: the code of simulator/ as a function with an HTTP API, a table and a queue of its
// own, for trying out failures in your own account. It shares nothing with the relay but its log settings, has no
// alarms, and is always deleted with the stack.
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnIntegration, CfnRoute, HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnPermission, EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { NodeFunction } from './node-function.ts';
import { accessLogFormat } from '../relay-api.ts';
import { functionDefaults } from './shared-resources.ts';
import type { SharedResources } from './shared-resources.ts';
import { CATCH_ALL } from '../../core/contract/routes.ts';

/** A webhook may take 30 s, and its result is recorded after that. */
const SIMULATOR_TIMEOUT_SECONDS = 60;
/** AWS's rule for Lambda sources; a message of a crashed function is redelivered after this time. */
const VISIBILITY_SECONDS = 6 * SIMULATOR_TIMEOUT_SECONDS;
/** Throttled receives count too, so as many as for the relay's own queues. */
const RECEIVES_MAX = 10;
const KEY_CHARS = 40;
/** API Gateway accepts 10,000 requests a second for the whole account; the simulator must not use them up. */
const throttle = { rateLimit: 500, burstLimit: 500 };

interface SimulatorStageProps {
  readonly resources: SharedResources;
  /** Copies of the function that may serve its timers at once. */
  readonly maxConcurrency: number;
}

export class SimulatorStage extends Construct {
  /** The simulator's address, without a slash at its end. */
  readonly url: string;
  /** Secret whose whole text is the one key that it accepts, for tasks and for its own calls. */
  readonly keySecretArn: string;
  readonly handler: NodeFunction<'simulator'>;

  constructor(scope: Construct, id: string, { resources, maxConcurrency }: SimulatorStageProps) {
    super(scope, id);
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const timers = this.#makeQueue();
    this.keySecretArn = this.#makeKey();
    this.handler = new NodeFunction(this, 'Handler', {
      ...functionDefaults(resources),
      stage: 'simulator',
      description: 'Get3W Relay: plays Get3W, so that failures can be tried out',
      environment: {
        TABLE_NAME: table.tableName,
        QUEUE_URL: timers.queueUrl,
        KEY_SECRET_ARN: this.keySecretArn,
        // It calls addresses that the holder of its key chooses, so it may reach no more than the relay may.
        WEBHOOKS: resources.settings.deliveries.addresses.isHttpOpen ? 'http' : 'https',
      },
      timeoutSeconds: SIMULATOR_TIMEOUT_SECONDS,
      // A timer of hours is a chain of messages of 15 minutes.
      isSelfCalling: true,
      // The relay's alarms report the failures that it makes: that is its purpose.
      errorSeverity: null,
    });
    this.handler.allow(
      ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'],
      [table.tableArn],
    );
    this.handler.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [timers.queueArn],
    );
    this.handler.allow(['sqs:SendMessage'], [timers.queueArn]);
    this.handler.allow(['secretsmanager:GetSecretValue'], [this.keySecretArn]);
    new EventSourceMapping(this, 'QueueSource', {
      target: this.handler.function,
      eventSourceArn: timers.queueArn,
      batchSize: 10,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    this.url = this.#makeApi(resources);
  }

  /** The queue of the function's timers. Dead letters have no alarm, because only tests depend on them. */
  #makeQueue(): Queue {
    const options = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(4) };
    return new Queue(this, 'Timers', {
      ...options,
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      deadLetterQueue: { queue: new Queue(this, 'DeadLetters', options), maxReceiveCount: RECEIVES_MAX },
    });
  }

  /** Random for every simulator, so that knowing its address is not enough to use it. */
  #makeKey(): string {
    const secret = new CfnSecret(this, 'Key', {
      description: 'Key of the simulator that plays Get3W: for the relay, and for calls to /_simulator',
      generateSecretString: { passwordLength: KEY_CHARS, excludePunctuation: true },
    });
    secret.applyRemovalPolicy(RemovalPolicy.DESTROY);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'It opens a simulator that holds nothing of value; relay and simulator would have to change it at the same time.',
    });
    return secret.ref;
  }

  /** An API of its own, so that failures made on purpose are not counted as the relay's. */
  #makeApi({ alarms, logRetention }: SharedResources): string {
    const api = new HttpApi(this, 'Api', {
      apiName: `${alarms.service}-simulator`,
      description: 'Get3W Relay: the simulator in place of Get3W',
      createDefaultStage: false,
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: accessLogFormat },
    });
    const { functionArn } = this.handler.function;
    const integration = new CfnIntegration(this, 'Integration', {
      apiId: api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: functionArn,
      payloadFormatVersion: '2.0',
      timeoutInMillis: 29_000,
    });
    const route = new CfnRoute(this, 'Route', {
      apiId: api.apiId,
      routeKey: CATCH_ALL,
      target: `integrations/${integration.ref}`,
      authorizationType: 'NONE',
    });
    Validations.of(route).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason:
        'The function checks the key itself, as Get3W does; without a key only pictures at unguessable ids are served.',
    });
    new CfnPermission(this, 'ApiPermission', {
      action: 'lambda:InvokeFunction',
      functionName: functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: Stack.of(this).formatArn({ service: 'execute-api', resource: api.apiId, resourceName: '*/*' }),
    });
    return api.apiEndpoint;
  }
}
