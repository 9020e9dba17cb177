// The monitoring function: lets an operator read the relay's metrics and alarms from CloudWatch, and acknowledge alarms.
// Wires ports and the envelope, and checks who asks; flow.ts decides what is answered.
import { makeCloudWatchReader } from '../../core/adapters/cloudwatch-reader.ts';
import { acknowledgementsOf } from '../../core/adapters/dynamodb/dynamo-acknowledgements.ts';
import { accountsOf } from '../../core/adapters/dynamodb/dynamo-accounts.ts';
import { auditLogOf } from '../../core/adapters/dynamodb/dynamo-audit.ts';
import { DynamoTable } from '../../core/adapters/dynamodb/dynamo-table.ts';
import { makeEmfMetrics } from '../../core/adapters/emf-metrics.ts';
import { makeJsonLog } from '../../core/adapters/json-log.ts';
import { readInTime, READING_MS } from '../../core/adapters/read-in-time.ts';
import { readSettings } from '../../core/adapters/read-settings.ts';
import { systemRandomSource } from '../../core/adapters/system-random-source.ts';
import { systemClock } from '../../core/adapters/system-clock.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { requestText } from '../../core/http/body-text.ts';
import { documentedFailure } from '../../core/http/http-failure.ts';
import { routeScopes } from '../../core/contract/route-scopes.ts';
import { queryParameters } from '../../core/contract/query-parameters.ts';
import { readQuery } from '../../core/http/read-query.ts';
import { routes } from '../../core/contract/routes.ts';
import { authenticate, requireScope } from '../../core/flows/authenticate.ts';
import { httpHandler } from '../../core/middleware/http-handler.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { acknowledgeAlarm } from './acknowledge-alarm.ts';
import { readAlarmHistory } from './alarm-history.ts';
import { listAlarms, readMetrics } from './flow.ts';
import type { AuditPorts } from '../../core/flows/audited.ts';
import type { Caller } from '../../core/flows/authenticate.ts';
import type { AccountStore } from '../../core/ports/ports.ts';
import type { EnvelopePorts, HttpHandler } from '../../core/middleware/http-handler.ts';
import type { MonitoringPorts } from './flow.ts';

export interface MonitoringHandlerPorts extends MonitoringPorts, EnvelopePorts, AuditPorts {
  readonly accounts: AccountStore;
  readonly clock: EnvelopePorts['clock'];
}

interface Asked {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly caller: Caller;
}

type Serve = (ports: MonitoringHandlerPorts, asked: Asked) => Promise<unknown>;
type MonitoringRoute = 'readMetrics' | 'listAlarms' | 'readAlarmHistory' | 'acknowledgeAlarm';

function keyOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`;
}

const calls: Readonly<Record<string, { readonly name: MonitoringRoute; readonly serve: Serve }>> = {
  [keyOf(routes.readMetrics)]: { name: 'readMetrics', serve: (ports, { query }) => readMetrics(ports, query) },
  [keyOf(routes.listAlarms)]: { name: 'listAlarms', serve: (ports) => listAlarms(ports) },
  [keyOf(routes.readAlarmHistory)]: {
    name: 'readAlarmHistory',
    serve: (ports, { query }) => readAlarmHistory(ports, query),
  },
  [keyOf(routes.acknowledgeAlarm)]: {
    name: 'acknowledgeAlarm',
    serve: (ports, { caller, body }) => acknowledgeAlarm(ports, caller, body),
  },
};

export function makeHandler(ports: MonitoringHandlerPorts): HttpHandler {
  return httpHandler(ports, 'monitoring', async (request) => {
    const { headers, routeKey } = request.event;
    const caller = await authenticate(ports, headers['authorization']);
    request.note({ accountId: caller.account.id });
    const call = calls[routeKey.replace(/^HEAD /, 'GET ')];
    if (!call) throw documentedFailure(404);
    requireScope(caller, routeScopes[call.name]);
    const query = readQuery(request.event, queryParameters[call.name]);
    const reader = readInTime(ports.reader, ports.clock, request.startedAt + READING_MS);
    const body = await call.serve({ ...ports, reader }, { query, caller, body: requestText(request.event) });
    return { status: 200, body };
  });
}

export const handler: HttpHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): MonitoringHandlerPorts {
  const environment = readEnvironment('monitoring', process.env);
  const base = { service: environment.SERVICE_NAME, clock: systemClock };
  const table = new DynamoTable({
    tableName: environment.TABLE_NAME,
    clock: systemClock,
    randomSource: systemRandomSource,
  });
  return {
    ...base,
    accounts: accountsOf(table),
    reader: makeCloudWatchReader(systemClock),
    acknowledgements: acknowledgementsOf(table),
    randomSource: systemRandomSource,
    audit: auditLogOf(table, readSettings(environment.SETTINGS).audit),
    metrics: makeEmfMetrics(base),
    log: makeJsonLog({ ...base, fields: { version: environment.RELAY_VERSION } }),
  };
}
