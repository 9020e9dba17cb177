// The sweep function: runs on a schedule. Wires ports and the time it may take; decides nothing.
// flow.ts handles overdue rows.
import { makeDynamoStore } from '../../core/adapters/dynamodb/dynamo-store.ts';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { madeOnce } from '../../core/middleware/made-once.ts';
import { sweep } from './flow.ts';
import { rollUpAccounts } from './roll-up-accounts.ts';
import type { Context } from 'aws-lambda';
import type { RollUpAccountsPorts } from './roll-up-accounts.ts';
import type { SweepPorts, SweepReport } from './flow.ts';

export type SweepHandler = (event: unknown, context: Context) => Promise<SweepReport>;

/** Time reserved for the last step, the gates and the report. */
const RESERVE_MS = 10_000;

export function makeHandler(ports: SweepPorts & RollUpAccountsPorts): SweepHandler {
  return async (_event, context) => {
    const stopAt = ports.clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const report = await sweep(ports, stopAt);
    await rollUpAccounts(ports, stopAt);
    ports.log.info('swept', { ...report });
    return report;
  };
}

export const handler: SweepHandler = madeOnce(() => makeHandler(productionPorts()));

function productionPorts(): SweepPorts & RollUpAccountsPorts {
  const ports = makePorts(readEnvironment('sweep', process.env), makeDynamoStore);
  const { store } = ports;
  return { ...ports, due: store, kept: store, spend: store, webhooks: store, accounts: store };
}
