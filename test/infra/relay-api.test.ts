import { describe, expect, it } from 'vitest';
import { CATCH_ALL, routeKeys, routes } from '../../core/contract/routes.ts';
import { defaultTemplate, render, synthesise } from '../support/relay-template.ts';
import type { RelayTemplate } from '../support/relay-template.ts';

const targetsOf = (template: RelayTemplate): Record<string, string> => {
  const integrations = new Map(
    template
      .ofType('AWS::ApiGatewayV2::Integration')
      .map(({ id, properties }) => [id, render(properties.IntegrationUri)]),
  );
  return Object.fromEntries(
    template.ofType('AWS::ApiGatewayV2::Route').map(({ properties }) => {
      const [, [, { Ref: integration }]] = properties.Target['Fn::Join'];
      return [properties.RouteKey, integrations.get(integration) ?? 'nobody'];
    }),
  );
};

describe('routes', () => {
  it('are those of the contract, each served by its function, and all others go to api', () => {
    const handler = (name: string) => `<Relay${name.charAt(0).toUpperCase()}${name.slice(1)}HandlerFunction.Arn>`;
    const contract = Object.values(routes).flatMap((route) =>
      routeKeys(route).map((key) => [key, handler(route.function)]),
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
  it('is throttled, by default and as asked for', () => {
    const limits = (template: RelayTemplate) =>
      template.only('AWS::ApiGatewayV2::Stage').properties.DefaultRouteSettings;
    expect(limits(defaultTemplate())).toEqual({ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 });
    expect(limits(synthesise({ throttle: { ratePerSecond: 7 } }))).toEqual({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 200,
    });
  });

  it('logs each request by its route and never its path or query, which hold secrets', () => {
    const { AccessLogSettings: log, AutoDeploy: isLive } =
      defaultTemplate().only('AWS::ApiGatewayV2::Stage').properties;
    const fields = Object.values(JSON.parse(log.Format));
    expect(isLive).toBe(true);
    expect(render(log.DestinationArn)).toBe('<RelayHttpAccessLog.Arn>');
    expect(fields).toContain('$context.routeKey');
    expect(fields).toContain('$context.requestId');
    // $context.path, $context.http.path and the like; $context.protocol's request line has it too.
    expect(fields.filter((field) => /path|query|uri|authorizer|header|\$request/i.test(String(field)))).toEqual([]);
  });
});

describe('browsers', () => {
  it('of other origins are refused unless these are named', () => {
    const cors = (template: RelayTemplate) => template.only('AWS::ApiGatewayV2::Api').properties.CorsConfiguration;
    expect(cors(defaultTemplate())).toBeUndefined();
    expect(cors(synthesise({ corsOrigins: ['https://app.example'] }))).toEqual({
      AllowOrigins: ['https://app.example'],
      AllowMethods: expect.arrayContaining(['GET', 'POST', 'DELETE']),
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key'],
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

  it('leads to the API and is where Get3W calls back', () => {
    const made = template();
    const dispatch = made.ofType('AWS::Lambda::Function').find(({ id }) => id.startsWith('RelayDispatch'));
    expect(made.only('AWS::ApiGatewayV2::ApiMapping').properties).toMatchObject({ Stage: '$default' });
    expect(made.only('AWS::ApiGatewayV2::DomainName').properties).toMatchObject({
      DomainName: 'relay.example.com',
      DomainNameConfigurations: [{ CertificateArn: certificateArn }],
    });
    expect(dispatch?.properties.Environment.Variables.PUBLIC_URL).toBe('https://relay.example.com');
    expect(made.json.Outputs.ApiUrl.Value).toBe('https://relay.example.com');
    expect(made.json.Outputs).toHaveProperty('ApiDomainTarget');
  });

  it('is not asked for by default', () => {
    expect(defaultTemplate().ofType('AWS::ApiGatewayV2::DomainName')).toEqual([]);
    expect(render(defaultTemplate().json.Outputs.ApiUrl.Value)).toBe('<RelayHttpApi.ApiEndpoint>');
    expect(defaultTemplate().json.Outputs).not.toHaveProperty('ApiDomainTarget');
  });
});
