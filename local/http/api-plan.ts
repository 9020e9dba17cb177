// The plan of the template's HTTP API: its routes with the function behind each, and the stage's throttles. It consists
// of four types of resource, which are read one by one and joined at the end.
import { arnName } from '../template/arn-name.ts';
import type { ResourceReader } from '../template/resource-reader.ts';

export interface RoutePlan {
  /** `POST /v1/things/{id}`, or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
  readonly timeoutMs: number;
}

export interface ThrottlePlan {
  readonly ratePerSecond: number;
  readonly burstCount: number;
}

export interface StagePlan {
  readonly name: string;
  readonly throttle?: ThrottlePlan | undefined;
  readonly routeThrottles: Readonly<Record<string, ThrottlePlan>>;
}

export interface IntegrationPlan {
  readonly functionName: string;
  readonly timeoutMs: number;
}

/** A route of the template, before its target is joined to the integration of that id. */
export interface RouteDraft {
  readonly routeKey: string;
  readonly integrationId: string;
}

/** Upper limit of an HTTP API's timeout. */
const INTEGRATION_TIMEOUT_MS_MAX = 30_000;

/** Checks `AWS::ApiGatewayV2::Api`: an HTTP API without anything that answers in place of a route. */
export function checkApi(properties: ResourceReader): void {
  properties.passOver('Name', 'Description', 'Tags', 'DisableExecuteApiEndpoint', 'IpAddressType');
  properties.expect('ProtocolType', 'HTTP');
}

/** Reads `AWS::ApiGatewayV2::Integration`. */
export function readIntegration(properties: ResourceReader): IntegrationPlan {
  properties.passOver('ApiId', 'Description', 'IntegrationMethod', 'CredentialsArn');
  properties.expect('IntegrationType', 'AWS_PROXY');
  properties.expect('PayloadFormatVersion', '2.0');
  const uri = properties.text('IntegrationUri');
  const functionName = arnName('lambda', uri.replace(/\/invocations$/, ''));
  if (functionName === undefined) throw properties.refusal('IntegrationUri', 'only functions answer here');
  return { functionName, timeoutMs: properties.optionalNumber('TimeoutInMillis') ?? INTEGRATION_TIMEOUT_MS_MAX };
}

/** Reads `AWS::ApiGatewayV2::Route`. */
export function readRoute(properties: ResourceReader): RouteDraft {
  properties.passOver('ApiId', 'OperationName', 'ApiKeyRequired');
  properties.expect('AuthorizationType', 'NONE');
  const target = properties.text('Target');
  const [, integrationId] = /^integrations\/(.+)$/.exec(target) ?? [];
  if (integrationId === undefined) throw properties.refusal('Target', `${target} is not an integration`);
  return { routeKey: properties.text('RouteKey'), integrationId };
}

/** Reads `AWS::ApiGatewayV2::Stage`. Only `$default` has its paths at the root, as here. */
export function readStage(properties: ResourceReader): StagePlan {
  // The functions log requests themselves; the gateway's access log exists in AWS only.
  properties.passOver('ApiId', 'AutoDeploy', 'AccessLogSettings', 'Description', 'Tags', 'DeploymentId');
  properties.expect('StageName', '$default');
  const routes = properties.value('RouteSettings') as Readonly<Record<string, Record<string, unknown>>> | undefined;
  const routeThrottles = Object.entries(routes ?? {}).flatMap(([routeKey, settings]) => {
    const throttle = asThrottle(Number(settings['ThrottlingRateLimit']), Number(settings['ThrottlingBurstLimit']));
    return throttle ? [[routeKey, throttle] as const] : [];
  });
  const defaults = properties.section('DefaultRouteSettings');
  defaults.passOver('DetailedMetricsEnabled', 'LoggingLevel', 'DataTraceEnabled');
  return {
    name: properties.text('StageName'),
    throttle: asThrottle(
      defaults.optionalNumber('ThrottlingRateLimit') ?? Number.NaN,
      defaults.optionalNumber('ThrottlingBurstLimit') ?? Number.NaN,
    ),
    routeThrottles: Object.fromEntries(routeThrottles),
  };
}

function asThrottle(ratePerSecond: number, burstCount: number): ThrottlePlan | undefined {
  return Number.isFinite(ratePerSecond) && Number.isFinite(burstCount) ? { ratePerSecond, burstCount } : undefined;
}
