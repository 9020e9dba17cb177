// The sweep function: runs on a schedule. Wires ports and the time it may take; decides nothing.
// What overdue rows need is flow.ts's.
import middy from '@middy/core';
import { makePorts } from '../../core/adapters/make-ports.ts';
import { readEnvironment } from '../../core/contract/environment.ts';
import { sweep } from './flow.ts';
import type { Context } from 'aws-lambda';
import type { SweepPorts, SweepReport } from './flow.ts';

export type SweepHandler = (event: unknown, context: Context) => Promise<SweepReport>;

/** Time kept for the last step, the gates and the report. */
const RESERVE_MS = 10_000;

export const makeHandler = (ports: SweepPorts): SweepHandler =>
  middy(async (_event: unknown, context: Context) => {
    const report = await sweep(ports, ports.clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS);
    ports.log.info('swept', { ...report });
    return report;
  });

let made: SweepHandler | undefined;

export const handler: SweepHandler = (event, context) => {
  made ??= makeHandler(productionPorts());
  return made(event, context);
};

const productionPorts = (): SweepPorts => {
  const ports = makePorts(readEnvironment('sweep', process.env));
  return { ...ports, due: ports.store };
};
