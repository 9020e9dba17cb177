// What a workload used of everything that AWS bills by use, counted in a load world; for one task, or for a month.
import { inputLifeMs } from '../../core/domain/media/media-settings.ts';
import { defaultSettings } from '../../core/domain/settings.ts';
import { defaultRetention } from '../../core/domain/retention-settings.ts';
import { indexEntry, indexShapes, itemBytes } from '../../test/support/table/item-units.ts';
import { HOUR_MS } from '../../core/domain/time-ms.ts';
import type { LoadWorld } from '../../test/simulation/load-world.ts';

export interface Usage {
  readonly httpRequests: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  /** Write units of the table and its indexes. */
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly sqsRequests: number;
  readonly logBytes: number;
  /** Bytes stored in the table and its indexes, times the months for which they are stored. */
  readonly storedByteMonths: number;
  /** Calls of S3, and bytes in the bucket times the months for which they stay. */
  readonly objectWrites: number;
  readonly objectReads: number;
  readonly objectByteMonths: number;
}

/** Bytes that DynamoDB adds to the size of each item and each index entry. */
const OVERHEAD_BYTES = 100;
const MONTH_MS = 730 * HOUR_MS;

export function usageOf({ meter, bill, table }: LoadWorld): Usage {
  const bytes = table.rows.all().reduce((sum, item) => {
    const entries = indexShapes.map((shape) => indexEntry(item, shape)).filter((entry) => entry !== undefined);
    return [item, ...entries].reduce((total, one) => total + itemBytes(one) + OVERHEAD_BYTES, sum);
  }, 0);
  return {
    httpRequests: bill.httpRequests,
    invocations: bill.invocations,
    gbSeconds: bill.gbSeconds,
    writeUnits: meter.sum('writeUnits') + meter.sum('indexUnits'),
    readUnits: meter.sum('readUnits'),
    sqsRequests: bill.sqsRequests,
    logBytes: bill.logBytes,
    storedByteMonths: (bytes * defaultRetention.tasksMs) / MONTH_MS,
    objectWrites: bill.objectWrites,
    objectReads: bill.objectReads,
    objectByteMonths: (bill.objectBytes * inputLifeMs(defaultSettings)) / MONTH_MS,
  };
}

export function times(usage: Usage, factor: number): Usage {
  return Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, count * factor])) as unknown as Usage;
}
