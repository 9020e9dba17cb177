// The simulator as a Lambda function: HTTP requests and the messages that are its timers, over one table, one queue and
// the key that its callers need. Wires ports and carries bytes; simulator.ts does everything else.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { serviceClient } from '../../core/adapters/service-client.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { Simulator } from '../simulator.ts';
import { makeWebhookCaller } from '../webhook-caller.ts';
import { httpExchange } from './http-exchange.ts';
import { performBatch, queueTimers } from './queue-timers.ts';
import { openTableJournal } from './table-journal.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import type { Environment } from '../../core/contract/environment.ts';
import type { SimulatorPorts } from '../simulator-ports.ts';
import type { SimulatorOptions } from '../simulator.ts';

export type SimulatorHandler = (event: APIGatewayProxyEventV2 | SQSEvent) => Promise<unknown>;

/** Below API Gateway's limit, so that a sync call ends with the simulator's own 504. */
const SYNC_TIMEOUT_MS = 25_000;
/** A message may be late by the time that a crashed function hides it; see lib/stages/simulator-stage.ts. */
const TIMER_LOST_AFTER_MS = 10 * MINUTE_MS;

/** Opened by the first call; if that fails, the next call tries again. */
export function makeHandler(ports: SimulatorPorts, options: () => Promise<SimulatorOptions>): SimulatorHandler {
  let opened: Promise<Simulator> | undefined;
  const open = async (): Promise<Simulator> => {
    const { settings, ...rest } = await options();
    return Simulator.open(ports, {
      timerLostAfterMs: TIMER_LOST_AFTER_MS,
      ...rest,
      settings: { syncTimeoutMs: SYNC_TIMEOUT_MS, ...settings },
    });
  };
  const simulator = (): Promise<Simulator> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return async (event) => {
    if ('Records' in event)
      return performBatch(event, async (due) => (await simulator()).perform(due), ports.reportFault);
    return httpExchange(event, async (request) => (await simulator()).handle(request), ports);
  };
}

/** An answer takes milliseconds; one that takes seconds is lost. */
const callLimits = { triesMax: 4, tryTimeoutMs: 3_000, callTimeoutMs: 12_000 } as const;

function productionHandler(): SimulatorHandler {
  const environment = readEnvironment('simulator', process.env);
  const ports: SimulatorPorts = {
    now: Date.now,
    random: Math.random,
    newId: randomUUID,
    journal: openTableJournal({
      name: environment.TABLE_NAME,
      client: serviceClient((config) => new DynamoDBClient(config), callLimits),
      now: Date.now,
      newId: randomUUID,
    }),
    schedule: queueTimers(
      serviceClient((config) => new SQSClient({ ...config, useQueueUrlAsEndpoint: false }), callLimits),
      environment.QUEUE_URL,
    ),
    sleep: (delayMs) => sleep(delayMs),
    callWebhook: makeWebhookCaller().call,
    reportFault: (error) => console.error('simulator:', error),
  };
  return makeHandler(ports, async () => ({
    apiKeys: [await readKey(environment)],
    isControlGuarded: true,
    isHttpsOnly: environment.WEBHOOKS === 'https',
  }));
}

/** Once for the life of the process: the key is made with the stack and never changes. */
async function readKey({ KEY_SECRET_ARN: secretId }: Environment<'simulator'>): Promise<string> {
  const client = serviceClient((config) => new SecretsManagerClient(config), callLimits);
  const { SecretString: key } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  if (!key) throw new Error('the secret with the key of the simulator is empty');
  return key.trim();
}

let made: SimulatorHandler | undefined;

export const handler: SimulatorHandler = (event) => {
  made ??= productionHandler();
  return made(event);
};
