// CloudWatch as one request reads it: all of its calls together end before the function does, and an operator learns that
// CloudWatch is late in place of a gateway's error. Each call has a limit of its own in cloudwatch-reader.ts.
import { callWithin } from './call-within.ts';
import { ownFailure } from '../http/http-failure.ts';
import { SECOND_MS } from '../domain/time-ms.ts';
import type { MonitoringReader } from '../http/monitoring.ts';
import type { Clock } from '../ports/ports.ts';

/** From the beginning of the request. The function has five seconds more: to authenticate, and to acknowledge an alarm. */
export const READING_MS = 10 * SECOND_MS;

const ADVICE =
  'this says nothing about the relay: try again, ask for fewer names or a shorter time, or open the CloudWatch console';

/** @throws HttpFailure 504, from each method. */
export function readInTime(reader: MonitoringReader, clock: Pick<Clock, 'now'>, stopAt: number): MonitoringReader {
  const inTime = <Value>(read: () => Promise<Value>): Promise<Value> =>
    explained(callWithin(Math.max(1, stopAt - clock.now()), read));
  return {
    readSeries: (queries, window) => inTime(() => reader.readSeries(queries, window)),
    readSumsByCode: (query, window) => inTime(() => reader.readSumsByCode(query, window)),
    listCodes: (query) => inTime(() => reader.listCodes(query)),
    listAlarms: (prefix) => inTime(() => reader.listAlarms(prefix)),
    // It keeps to the time alone, and ends with the pages that it has.
    readAlarmHistory: (query) => explained(reader.readAlarmHistory({ ...query, stopAt })),
  };
}

async function explained<Value>(reading: Promise<Value>): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    throw isLate ? ownFailure('cloudWatchLate', ADVICE) : error;
  }
}
