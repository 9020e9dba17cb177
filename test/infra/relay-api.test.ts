import { describe, expect, it } from 'vitest';
import { CATCH_ALL, routeKeys, routes } from '../../core/contract/routes.ts';
import { defaultTemplate, render, synthesise } from '../support/relay-template.ts';
import type { RelayTemplate } from '../support/relay-template.ts';

function targetsOf(template: RelayTemplate): Record<string, string> {
  const integrations = new Map(
    template
      .ofType('AWS::ApiGatewayV2::Integration')
      .map(({ id, properties }) => [id, render(properties.IntegrationUri)]),
  );
  return Object.fromEntries(
    template.ofType('AWS::ApiGatewayV2::Route').map(({ properties }) => {
      const [, [, { Ref: integration }]] = properties.Target['Fn::Join'];
      return [render(properties.RouteKey), integrations.get(integration) ?? 'nobody'];
    }),
  );
}

describe('routes', () => {
  it('are those of the contract, each served by its function, and all others go to api', () => {
    const handler = (name: string) => `<Relay${name.charAt(0).toUpperCase()}${name.slice(1)}HandlerFunction.Arn>`;
    const contract = Object.values(routes).flatMap((route) =>
      routeKeys(route).map((key) => [key.replace('{stack}', '<AWS::StackId/2>'), handler(route.function)]),
    );
    expect(targetsOf(defaultTemplate())).toEqual({ ...Object.fromEntries(contract), [CATCH_ALL]: handler('api') });
  });

  it('take HEAD wherever they take GET, where the catch-all would send it to another function', () => {
    const keys = Object.keys(targetsOf(defaultTemplate()));
    const foreign = Object.values(routes).filter(({ method, function: name }) => method === 'GET' && name !== 'api');
    expect(foreign.length).toBeGreaterThan(2);
    for (const { path } of foreign) expect(keys).toContain(`HEAD ${path}`);
  });

  it('hand requests over in the form that handlers read, and give up before the client does', () => {
    for (const { properties } of defaultTemplate().ofType('AWS::ApiGatewayV2::Integration')) {
      expect(properties.PayloadFormatVersion).toBe('2.0');
      expect(properties.IntegrationType).toBe('AWS_PROXY');
      expect(properties.TimeoutInMillis).toBeLessThan(30_000);
    }
  });
});

describe('the stage', () => {
  const limitsOf = (template: RelayTemplate) => {
    const { DefaultRouteSettings, RouteSettings } = template.only('AWS::ApiGatewayV2::Stage').properties;
    return { callbacks: DefaultRouteSettings, clients: RouteSettings as Record<string, unknown> };
  };
  const limits = (rate: number, burst: number) => ({ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst });

  it('throttles each route that clients call, by default and as configured', () => {
    const clientRoutes = Object.values(routes).filter((route) => route !== routes.callback);
    const keys = [...clientRoutes.flatMap(routeKeys), CATCH_ALL];
    expect(limitsOf(defaultTemplate()).clients).toEqual(Object.fromEntries(keys.map((key) => [key, limits(100, 200)])));
    const asked = Object.values(limitsOf(synthesise({ throttle: { ratePerSecond: 7 } })).clients);
    expect(new Set(asked.map((limit) => JSON.stringify(limit)))).toEqual(new Set([JSON.stringify(limits(7, 200))]));
  });

  it("keeps a throttle for Get3W's callbacks alone, so that no client uses it up", () => {
    expect(limitsOf(defaultTemplate()).callbacks).toEqual(limits(100, 200));
    const props = { throttle: { ratePerSecond: 7, burst: 8 } };
    expect(limitsOf(synthesise(props)).callbacks).toEqual(limits(7, 8));
    expect(limitsOf(synthesise({ ...props, callbackThrottle: { ratePerSecond: 50 } })).callbacks).toEqual(
      limits(50, 8),
    );
  });

  it('is made after the routes it names, and these one after the other, or API Gateway refuses them', () => {
    const { Resources } = defaultTemplate().json as {
      Resources: Record<string, { Type: string; DependsOn?: string[] }>;
    };
    const ids = (type: string) => Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
    const routeIds = ids('AWS::ApiGatewayV2::Route');
    const [stageId = ''] = ids('AWS::ApiGatewayV2::Stage');
    const callback = routeIds.filter((id) => id.includes('Callback'));
    expect(callback).toHaveLength(1);
    expect([...(Resources[stageId]?.DependsOn ?? []), ...callback].toSorted()).toEqual(routeIds.toSorted());
    // One chain: no two of them wait for the same one, and only one waits for none.
    const chain = [...routeIds, ...ids('AWS::ApiGatewayV2::Integration')];
    const waitsFor = chain.map((id) => Resources[id]?.DependsOn?.filter((other) => chain.includes(other)) ?? []);
    expect(waitsFor.filter((others) => others.length === 0)).toHaveLength(1);
    expect(new Set(waitsFor.flat()).size).toBe(chain.length - 1);
  });

  it('logs each request by its route and never its path or query, which contain secrets', () => {
    const { AccessLogSettings: log, AutoDeploy: isLive } =
      defaultTemplate().only('AWS::ApiGatewayV2::Stage').properties;
    const fields = Object.values(JSON.parse(log.Format));
    expect(log.Format).not.toContain('essage');
    expect(isLive).toBe(true);
    expect(render(log.DestinationArn)).toBe('<RelayHttpAccessLog.Arn>');
    expect(fields).toContain('$context.routeKey');
    expect(fields).toContain('$context.requestId');
    // $context.path, $context.http.path and the like; $context.protocol's request line has it too.
    expect(fields.filter((field) => /path|query|uri|authorizer|header|\$request/i.test(String(field)))).toEqual([]);
  });
});

describe('the access log', () => {
  const log = () => defaultTemplate().only('AWS::ApiGatewayV2::Stage').properties.AccessLogSettings;

  it("is where AWS lets every service write, and adds nothing to the account's one resource policy", () => {
    const [group] = defaultTemplate()
      .ofType('AWS::Logs::LogGroup')
      .filter(({ id }) => id.includes('AccessLog'));
    expect(render(group?.properties.LogGroupName)).toBe('/aws/vendedlogs/get3w-relay/access-<RelayHttpApi>');
  });

  it('is JSON whatever is asked: no field takes a text that a client or an error has a hand in', () => {
    // API Gateway writes values as they are, so a quotation mark in one of them would end the line's string.
    const closed =
      /^\$context\.(requestId|requestTime|identity\.sourceIp|routeKey|status|response(Length|Latency)|integration(Latency|Status)|error\.responseType)$/;
    expect(Object.values(JSON.parse(log().Format)).filter((field) => !closed.test(String(field)))).toEqual([]);
  });
});

describe('browsers', () => {
  it('of other origins are refused unless these are named', () => {
    const cors = (template: RelayTemplate) => template.only('AWS::ApiGatewayV2::Api').properties.CorsConfiguration;
    expect(cors(defaultTemplate())).toBeUndefined();
    expect(cors(synthesise({ corsOrigins: ['https://app.example'] }))).toEqual({
      AllowOrigins: ['https://app.example'],
      AllowMethods: expect.arrayContaining(['GET', 'POST', 'DELETE']),
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key', 'x-request-id'],
      ExposeHeaders: ['idempotent-replayed', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
      MaxAge: 3_600,
    });
  });

  it('may make every call that the contract has', () => {
    const allowed: string[] = synthesise({ corsOrigins: ['https://app.example'] }).only('AWS::ApiGatewayV2::Api')
      .properties.CorsConfiguration.AllowMethods;
    const used = Object.values(routes).filter((route) => route.function !== 'settle');
    expect(new Set(allowed)).toEqual(new Set(used.map(({ method }) => method)));
  });
});

describe('a custom domain', () => {
  const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/abc';
  const template = () => synthesise({ domain: { name: 'relay.example.com', certificateArn } });

  const callbacksUrlOf = (made: RelayTemplate): string => {
    const dispatch = made.ofType('AWS::Lambda::Function').find(({ id }) => id.startsWith('RelayDispatch'));
    const { CALLBACKS_URL: url } = dispatch?.properties.Environment.Variables ?? {};
    expect(render(made.json.Outputs.CallbacksUrl.Value)).toBe(render(url));
    return render(url);
  };

  it('leads to the API', () => {
    const made = template();
    expect(made.only('AWS::ApiGatewayV2::ApiMapping').properties).toMatchObject({ Stage: '$default' });
    expect(made.only('AWS::ApiGatewayV2::DomainName').properties).toMatchObject({
      DomainName: 'relay.example.com',
      DomainNameConfigurations: [{ CertificateArn: certificateArn }],
    });
    expect(made.json.Outputs.ApiUrl.Value).toBe('https://relay.example.com');
    expect(made.json.Outputs).toHaveProperty('ApiDomainTarget');
  });

  it('leaves callbacks on the default address, which works before the DNS record is there', () => {
    expect(callbacksUrlOf(template())).toBe('<RelayHttpApi.ApiEndpoint>/callbacks/get3w/<AWS::StackId/2>');
  });

  it('or the address before the relay takes callbacks where a deployment says so', () => {
    const made = synthesise({ callbackOrigin: 'https://front.example.com' });
    expect(callbacksUrlOf(made)).toBe('https://front.example.com/callbacks/get3w/<AWS::StackId/2>');
  });

  it('is absent by default', () => {
    expect(defaultTemplate().ofType('AWS::ApiGatewayV2::DomainName')).toEqual([]);
    expect(render(defaultTemplate().json.Outputs.ApiUrl.Value)).toBe('<RelayHttpApi.ApiEndpoint>');
    expect(defaultTemplate().json.Outputs).not.toHaveProperty('ApiDomainTarget');
  });
});
