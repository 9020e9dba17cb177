// A service whose kept connections all die while the function stands still: the next packet on each is answered by RST.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serviceClient } from '../../../core/adapters/service-client.ts';
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

const get = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } });

describe('a client of a service after a freeze', () => {
  it('calls on a fresh connection, however many dead ones it has', async () => {
    const client = serviceClient(
      (agents) =>
        new DynamoDBClient({
          endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          region: 'us-east-1',
          credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
          maxAttempts: 3,
          requestHandler: { ...agents },
        }),
    );
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
