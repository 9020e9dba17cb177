// The HTTP API: one stage with throttles and an access log, its public address, and the routes of each function.
// Which routes there are stands in core/contract/routes.ts; what they do is their function's business.
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
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ApiAlarms } from './monitoring/api-alarms.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import { CATCH_ALL, callbackPath, routeKeys, routes } from '../core/contract/routes.ts';
import type { RouteFunction } from '../core/contract/routes.ts';

/** The HTTP API gives up after 30 s; a second less, so that it is the function's answer that reaches the client. */
const INTEGRATION_TIMEOUT_MS = 29_000;

export interface ThrottleLimits {
  /** Requests a second, over time. @default 100 */
  readonly ratePerSecond?: number | undefined;
  /** Requests at once, above that. @default 200 */
  readonly burst?: number | undefined;
}

/** The throttle of one route, as a template writes it: CDK passes the map of routes through as it is. */
interface RouteThrottle {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

export interface CustomDomain {
  /** Such as `relay.example.com`; point its DNS at the stack's output `ApiDomainTarget`. */
  readonly name: string;
  /** A certificate for it in the stack's own region. */
  readonly certificateArn: string;
}

export interface RelayApiProps {
  readonly service: string;
  /** Of each route that clients call. */
  readonly throttle?: ThrottleLimits | undefined;
  /** Of the route that Get3W calls back on. @default as `throttle` */
  readonly callbackThrottle?: ThrottleLimits | undefined;
  /** Where Get3W reaches the API, such as `https://callbacks.example.com`. @default the address that API Gateway gives */
  readonly callbackOrigin?: string | undefined;
  /** Origins whose pages may call the API from a browser. @default none */
  readonly corsOrigins?: readonly string[] | undefined;
  /** @default the address that API Gateway gives */
  readonly domain?: CustomDomain | undefined;
  readonly logRetention: RetentionDays;
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
  /** By route key: those of the routes made so far that have a throttle of their own. */
  readonly #routeThrottles: Record<string, RouteThrottle> = {};
  /** API Gateway refuses routes and integrations of one API that are made at once, so each waits for the one before. */
  #madeLast: CfnIntegration | CfnRoute | undefined;

  constructor(scope: Construct, id: string, props: RelayApiProps) {
    super(scope, id);
    this.#api = new HttpApi(this, 'Api', {
      apiName: props.service,
      description: 'Get3W Relay: takes tasks in and answers for them',
      createDefaultStage: false,
      ...(props.corsOrigins?.length && {
        corsPreflight: {
          allowOrigins: [...props.corsOrigins],
          allowMethods: methodsOfPages,
          allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'x-request-id'],
          // Beside these a page sees only what every page may: without them it cannot tell when to come again.
          exposeHeaders: ['idempotent-replayed', 'retry-after', 'x-request-id'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      // API Gateway enters every other group into the account's one resource policy, which holds 5,120 characters.
      logGroupName: `/aws/vendedlogs/${props.service}/access-${this.#api.apiId}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
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
      // What the stage gives is the callbacks' own. Their route's key has a part that is known only when it is
      // deployed, and a template cannot have such a key in a map; every other route has its throttle by its key.
      throttle: { rateLimit, burstLimit },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: accessLogFormat },
    });
    (this.stage.node.defaultChild as CfnStage).routeSettings = Lazy.any({ produce: () => this.#routeThrottles });
    const domain = props.domain && this.#addDomain(props.domain, this.stage);
    this.domainTarget = domain?.regionalDomainName;
    this.publicUrl = props.domain ? `https://${props.domain.name}` : this.#api.apiEndpoint;
    // Not the custom domain: until its DNS record is there, a callback sent to it would be lost.
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
    // Who may call the function: API Gateway, for what is called so, as method and path of this API.
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
    // The catch-all has neither method nor path, so only the whole API describes what may call the api function.
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
    // A stage that names a route which is not there yet is refused.
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

/** Why API Gateway lets everybody through to a function, which then looks who it is. */
const reasonToBeOpen: Readonly<Record<RouteFunction, string>> = {
  api: 'The function checks the key itself, as Get3W does, so that refusals have the very texts of Get3W.',
  settle: 'Get3W sends no credentials: the unguessable token in the path is checked by the function.',
  monitoring: 'The function checks the key itself, with the same code and the same answers as the api function.',
  console: 'A page without anything secret, which asks its user for a key and sends that to the other routes.',
};

/** Methods of the calls that pages of other origins may make: all but Get3W's callback. */
const methodsOfPages = [
  ...new Set(
    Object.values(routes).flatMap((route) => (route.function === 'settle' ? [] : CorsHttpMethod[route.method])),
  ),
];

/**
 * The random part of the stack's id: the same at every update, another in every stack, and nowhere to be seen from
 * outside. Each stack's callbacks are at an address that a stranger does not know.
 */
const callbackSegment = Fn.select(2, Fn.split('/', Aws.STACK_ID));

/** @param others used where the first says nothing. */
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
 * `?webhook=` may carry one. Only numbers, ids and words of a closed set: API Gateway puts values in as they are, and
 * an error's text with a quotation mark in it would break the line.
 */
export const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    sourceIp: '$context.identity.sourceIp',
    routeKey: '$context.routeKey',
    status: '$context.status',
    responseBytes: '$context.responseLength',
    responseMs: '$context.responseLatency',
    integrationMs: '$context.integrationLatency',
    integrationStatus: '$context.integrationStatus',
    gatewayError: '$context.error.responseType',
  }),
);
