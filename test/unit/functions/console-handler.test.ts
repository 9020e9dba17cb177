// The console function behind the events of API Gateway: which file each route leads to.
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { methodsOf, routes } from '../../../core/contract/routes.ts';
import { makeHandler } from '../../../functions/console/handler.ts';
import { MemoryRelay } from '../../support/memory-relay.ts';
import type { SiteFile } from '../../../core/contract/site.ts';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

function file(text: string): SiteFile {
  const encoded = { br: '', gzip: gzipSync(text).toString('base64') };
  return { type: 'text/plain', etag: `"${text}"`, isImmutable: false, encoded };
}

const handler = makeHandler({
  files: { 'index.html': file('the page'), 'openapi.json': file('the document'), 'assets/a.js': file('a script') },
  plain: (gzip) => gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'),
  log: new MemoryRelay().log,
});

async function get(route: 'console' | 'consolePath' | 'openApi', method: string, proxy?: string): Promise<string> {
  const { path } = routes[route];
  const event = {
    routeKey: `${method} ${path}`,
    headers: {},
    ...(proxy !== undefined && { pathParameters: { proxy } }),
    requestContext: { requestId: 'r', http: { method, path } },
  } as unknown as APIGatewayProxyEventV2;
  const { body = '' } = await handler(event);
  return Buffer.from(body, 'base64').toString();
}

describe('the console function', () => {
  it.each(methodsOf(routes.openApi))(
    'answers %s of the OpenAPI document, which is not a path of the console',
    async (method) => {
      expect(await get('openApi', method)).toBe('the document');
    },
  );

  it('answers the page, its files and its views', async () => {
    expect(await get('console', 'GET')).toBe('the page');
    expect(await get('consolePath', 'GET', 'assets/a.js')).toBe('a script');
    expect(await get('consolePath', 'GET', 'gate')).toBe('the page');
  });
});
