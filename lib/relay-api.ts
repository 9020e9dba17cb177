// The HTTP API: one stage with throttles and an access log, its public address, and the routes of each function.
// core/contract/routes.ts lists the routes; their functions serve them.
import { Aws, Duration, Fn, Lazy, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CfnIntegration,
  CfnRoute,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ApiAlarms } from './monitoring/api-alarms.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import { CATCH_ALL, callbackPath, routeKeys, routes } from '../core/contract/routes.ts';
import type { RouteFunction } from '../core/contract/routes.ts';

/** The HTTP API gives up after 30 s; a second less lets the function's own answer reach the client. */
const INTEGRATION_TIMEOUT_MS = 29_000;

export interface ThrottleLimits {
  /** Sustained requests a second. @default 100 */
  readonly ratePerSecond?: number | undefined;
  /** Burst of requests above that rate. @default 200 */
  readonly burst?: number | undefined;
}

/** The throttle of one route, as a template has it: CDK passes the map of routes through unchanged. */
interface RouteThrottle {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

export interface CustomDomain {
  /** The host name, such as `relay.example.com`; point its DNS at the stack's output `ApiDomainTarget`. */
  readonly name: string;
  /** ARN of a certificate for it in the stack's own region. */
  readonly certificateArn: string;
}

interface RelayApiProps {
  readonly service: string;
  /** Throttle of each route that clients call. */
  readonly throttle?: ThrottleLimits | undefined;
  /** Throttle of the route for Get3W's callbacks. @default as `throttle` */
  readonly callbackThrottle?: ThrottleLimits | undefined;
  /** Where Get3W reaches the API, such as `https://callbacks.example.com`. @default the address that API Gateway gives */
  readonly callbackOrigin?: string | undefined;
  /** Origins whose pages may call the API from a browser. @default none */
  readonly corsOrigins?: readonly string[] | undefined;
  /** @default the address that API Gateway gives */
  readonly domain?: CustomDomain | undefined;
  readonly logRetention: RetentionDays;
  /** Customer key that encrypts the access log. @default CloudWatch's own */
  readonly dataKey: IKey | undefined;
  readonly alarms: AlarmDefaults;
}

export class RelayApi extends Construct {
  /** The relay's address, without a slash at its end. */
  readonly publicUrl: string;
  /** Address that callback tokens are appended to, without a slash at its end. */
  readonly callbacksUrl: string;
  /** Where a custom domain's DNS record must point. */
  readonly domainTarget: string | undefined;
  readonly stage: HttpStage;
  readonly #api: HttpApi;
  readonly #clientThrottle: RouteThrottle;
  /** Throttles of the routes made so far, by route key, where a route has its own. */
  readonly #routeThrottles: Record<string, RouteThrottle> = {};
  /**
   * API Gateway refuses routes and integrations of one API that are made at once, so each depends on the one before.
   */
  #madeLast: CfnIntegration | CfnRoute | undefined;

  constructor(scope: Construct, id: string, props: RelayApiProps) {
    super(scope, id);
    this.#api = new HttpApi(this, 'Api', {
      apiName: props.service,
      description: 'Get3W Relay: accepts tasks and answers for them',
      createDefaultStage: false,
      ...(props.corsOrigins?.length && {
        corsPreflight: {
          allowOrigins: [...props.corsOrigins],
          allowMethods: methodsOfPages,
          allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'x-request-id'],
          // Other headers are hidden from pages, except the few that browsers always show; without these a page cannot
          // know when to try again.
          exposeHeaders: ['idempotent-replayed', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      // API Gateway adds a group of any other name to the account's one resource policy, which holds 5,120 characters.
      logGroupName: `/aws/vendedlogs/${props.service}/access-${this.#api.apiId}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.dataKey && { encryptionKey: props.dataKey }),
    });
    this.#clientThrottle = routeThrottle(props.throttle);
    const { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit } = routeThrottle(
      props.callbackThrottle,
      props.throttle,
    );
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      stageName: '$default',
      autoDeploy: true,
      // The stage's default throttle is the callbacks'. The key of their route has a part that is known only at
      // deployment, and a template cannot have such a key in a map; every other route has its throttle by its key.
      throttle: { rateLimit, burstLimit },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: accessLogFormat },
    });
    (this.stage.node.defaultChild as CfnStage).routeSettings = Lazy.any({ produce: () => this.#routeThrottles });
    const domain = props.domain && this.#addDomain(props.domain, this.stage);
    this.domainTarget = domain?.regionalDomainName;
    this.publicUrl = props.domain ? `https://${props.domain.name}` : this.#api.apiEndpoint;
    // Not the custom domain: until its DNS record exists, a callback sent to it would be lost.
    this.callbacksUrl = `${props.callbackOrigin ?? this.#api.apiEndpoint}${callbackPath(callbackSegment)}`;
    new ApiAlarms(this, 'Alarms', { defaults: props.alarms, stage: this.stage });
  }

  /** Sends the routes that the contract gives to `name` to this function; the api function also gets all others. */
  serve(scope: Construct, name: RouteFunction, handler: IFunction): void {
    const { apiId } = this.#api;
    const integration = new CfnIntegration(scope, 'Integration', {
      apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: handler.functionArn,
      payloadFormatVersion: '2.0',
      timeoutInMillis: INTEGRATION_TIMEOUT_MS,
    });
    this.#makeAfterTheLast(integration);
    // Lets API Gateway call the function for `calls`: a method and path of this API.
    const letIn = (id: string, calls: string) =>
      new CfnPermission(scope, `${id}Permission`, {
        action: 'lambda:InvokeFunction',
        functionName: handler.functionArn,
        principal: 'apigateway.amazonaws.com',
        sourceArn: Stack.of(this).formatArn({ service: 'execute-api', resource: apiId, resourceName: `*/${calls}` }),
      });
    for (const [routeName, route] of Object.entries(routes)) {
      if (route.function !== name) continue;
      const id = capitalise(routeName);
      const isCallback = route === routes.callback;
      const path = isCallback ? `${callbackPath(callbackSegment)}/{token}` : route.path;
      for (const routeKey of routeKeys({ ...route, path })) {
        const routeId = routeKey.startsWith('HEAD ') ? `${id}Head` : id;
        this.#addRoute(scope, routeId, { routeKey, integration, name, isCallback });
        if (name !== 'api') letIn(routeId, routeKey.replace(' ', ''));
      }
    }
    if (name !== 'api') return;
    this.#addRoute(scope, 'CatchAll', { routeKey: CATCH_ALL, integration, name, isCallback: false });
    // The catch-all has neither method nor path, so the api function must be open to the whole API.
    letIn('Api', '*');
  }

  #addRoute(
    scope: Construct,
    id: string,
    {
      routeKey,
      integration,
      name,
      isCallback,
    }: { routeKey: string; integration: CfnIntegration; name: RouteFunction; isCallback: boolean },
  ): void {
    const target = `integrations/${integration.ref}`;
    const route = new CfnRoute(scope, `${id}Route`, {
      apiId: this.#api.apiId,
      routeKey,
      target,
      authorizationType: 'NONE',
    });
    Validations.of(route).acknowledge({ id: 'AwsSolutions::AwsSolutions-APIG4', reason: reasonToBeOpen[name] });
    this.#makeAfterTheLast(route);
    if (isCallback) return;
    this.#routeThrottles[routeKey] = this.#clientThrottle;
    // API Gateway refuses a stage that names a route which does not exist yet.
    (this.stage.node.defaultChild as CfnStage).addResourceDependency(route);
  }

  #makeAfterTheLast(resource: CfnIntegration | CfnRoute): void {
    if (this.#madeLast) resource.addResourceDependency(this.#madeLast);
    this.#madeLast = resource;
  }

  #addDomain({ name, certificateArn }: CustomDomain, stage: HttpStage): DomainName {
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    const domainName = new DomainName(this, 'Domain', { domainName: name, certificate });
    new ApiMapping(this, 'DomainMapping', { api: this.#api, domainName, stage });
    return domainName;
  }
}

/** Why API Gateway does not authorise requests: the function behind the route checks them. */
const reasonToBeOpen: Readonly<Record<RouteFunction, string>> = {
  api: 'The function checks the key itself, as Get3W does, so that refusals have the texts of Get3W.',
  settle: 'Get3W sends no credentials: the function checks the unguessable token in the path.',
  monitoring: 'The function checks the key itself, with the code and the answers of the api function.',
  console: 'A page without secrets, which asks its user for a key and sends it to the other routes.',
};

/** Methods that pages of other origins may call: those of all routes but Get3W's callback. */
const methodsOfPages = [
  ...new Set(
    Object.values(routes).flatMap((route) => (route.function === 'settle' ? [] : CorsHttpMethod[route.method])),
  ),
];

/**
 * The random part of the stack's id: the same at every update, different in every stack, and not visible from outside.
 * So no stranger knows the address of a stack's callbacks.
 */
const callbackSegment = Fn.select(2, Fn.split('/', Aws.STACK_ID));

/** @param others used where `own` is undefined. */
function routeThrottle(own: ThrottleLimits = {}, others: ThrottleLimits = {}): RouteThrottle {
  return {
    ThrottlingRateLimit: own.ratePerSecond ?? others.ratePerSecond ?? 100,
    ThrottlingBurstLimit: own.burst ?? others.burst ?? 200,
  };
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * One JSON line per request. The route, never the path or the query: a callback's path is its secret, and
 * `?webhook=` may carry one. Only numbers, ids and words of a closed set: API Gateway does not escape values, and an
 * error text with a quotation mark would break the line. CloudWatch itself records the time of the line, and the
 * function's own line has the rest: each byte is paid for with every request.
 */
export const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    sourceIp: '$context.identity.sourceIp',
    routeKey: '$context.routeKey',
    status: '$context.status',
    responseMs: '$context.responseLatency',
    gatewayError: '$context.error.responseType',
  }),
);
