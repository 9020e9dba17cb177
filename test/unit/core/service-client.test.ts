// A service whose kept connections all die while the function is frozen: the next packet on each is answered by RST.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classifyFault } from '../../../core/adapters/sdk-faults.ts';
import { serviceClient } from '../../../core/adapters/service-client.ts';
import { deaths, startDyingServer } from '../../support/dying-server.ts';
import type { CallLimits } from '../../../core/adapters/service-client.ts';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

let server: Server;
let sockets: Map<Socket, number>;
/** Connections of this generation and earlier ones are dead. */
let deadUntil: number;

beforeEach(async () => {
  sockets = new Map();
  deadUntil = 0;
  server = createServer((request, response) => {
    if ((sockets.get(request.socket) ?? 0) <= deadUntil) return void request.socket.resetAndDestroy();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  server.on('connection', (socket) => sockets.set(socket, sockets.size + 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const limits: CallLimits = { triesMax: 3, tryTimeoutMs: 3_000, callTimeoutMs: 10_000 };

function clientOf(port: number, limits: CallLimits): DynamoDBClient {
  const own = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  return serviceClient((config) => new DynamoDBClient({ ...config, ...own }), limits);
}

const get = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } });

describe('a client of a service after a freeze', () => {
  it('calls on a fresh connection, however many dead ones it has', async () => {
    const client = clientOf((server.address() as AddressInfo).port, limits);
    await Promise.all(Array.from({ length: 12 }, () => client.send(get)));
    const before = sockets.size;
    expect(before).toBeGreaterThan(3);
    await client.send(get);
    // Within two seconds it is one of those that are kept.
    expect(sockets.size).toBe(before);
    deadUntil = before;
    const now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60_000);
    expect(await client.send(get)).toHaveProperty('$metadata.attempts', 1);
    expect(sockets.size).toBe(before + 1);
    client.destroy();
  });
});

describe('a call of a service', () => {
  it.each(deaths)('ends in time though each of its connections dies by %s', async (death) => {
    const dying = await startDyingServer('{}');
    dying.die(death, 100);
    // Its own limit for a try would end it after a minute: what ends the call is our timer.
    const client = clientOf(dying.port, { triesMax: 2, tryTimeoutMs: 60_000, callTimeoutMs: 400 });
    const startedAt = performance.now();
    // The SDK decides whether what came before makes an answer.
    await client.send(get).catch(() => undefined);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    client.destroy();
    dying.close();
  });

  it('that is not answered fails with a name of its own, which counts as no answer', async () => {
    const dying = await startDyingServer('{}');
    dying.die('silence', 100);
    const client = clientOf(dying.port, { triesMax: 1, tryTimeoutMs: 60_000, callTimeoutMs: 100 });
    const error: unknown = await client.send(get).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'TimeoutError' });
    expect(classifyFault(error)).toEqual({ kind: 'unavailable' });
    client.destroy();
    dying.close();
  });

  it('ends in time also where the credentials that it needs never come', async () => {
    const limits = { triesMax: 1, tryTimeoutMs: 60_000, callTimeoutMs: 100 };
    const credentials = (): Promise<never> => new Promise(() => undefined);
    const client = serviceClient(
      (config) => new DynamoDBClient({ ...config, region: 'us-east-1', credentials }),
      limits,
    );
    await expect(client.send(get)).rejects.toMatchObject({ name: 'TimeoutError' });
    client.destroy();
  });
});
