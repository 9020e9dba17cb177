// Alarms on the table: reads and writes that DynamoDB throttles, of the table itself and of each of its indexes, and
// writes that conflict with another one on the same item. On demand there is no capacity to set; throttles come from a
// single hot item, or from growth faster than DynamoDB follows.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { tableIndexes } from '../../core/contract/items.ts';
import { relayAlarm } from './alarm.ts';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { AlarmDefaults } from './alarm.ts';

const period = Duration.minutes(5);

interface StoreAlarmsProps {
  readonly defaults: AlarmDefaults;
  readonly table: ITable;
}

export class StoreAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults, table }: StoreAlarmsProps) {
    super(scope, id);
    const { storeThrottlesCount: threshold, storeConflictsCount } = defaults.thresholds;
    const ofTable = (metricName: string, index?: string) => storeMetric(table, metricName, { period, index });
    const common = {
      defaults,
      periods: 3,
      breachingPeriods: 2,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, because DynamoDB reports only what it refuses.',
    } as const;
    relayAlarm(this, 'ThrottledAlarm', {
      ...common,
      name: 'Store/Throttled',
      severity: 'page',
      meaning: `DynamoDB throttled ${threshold} or more reads or writes of the table within five minutes.`,
      metric: sumOf({ r: ofTable('ReadThrottleEvents'), w: ofTable('WriteThrottleEvents') }),
      threshold,
    });
    relayAlarm(this, 'IndexThrottledAlarm', {
      ...common,
      name: 'Store/IndexThrottled',
      severity: 'ticket',
      meaning: `DynamoDB throttled ${threshold} or more reads or writes of the indexes within five minutes.`,
      metric: sumOf(
        Object.fromEntries(
          indexNames.flatMap((index) => [
            [`${index}_r`, ofTable('ReadThrottleEvents', index)],
            [`${index}_w`, ofTable('WriteThrottleEvents', index)],
          ]),
        ),
      ),
      threshold,
    });
    relayAlarm(this, 'ConflictsAlarm', {
      ...common,
      name: 'Store/Conflicts',
      severity: 'ticket',
      meaning: `${storeConflictsCount} writes or more conflicted with another one on the same item within five minutes.`,
      metric: ofTable('TransactionConflict'),
      threshold: storeConflictsCount,
    });
  }
}

/** Every index of the table: a throttled write of any of them also throttles the table's own. */
export const indexNames: readonly string[] = Object.values(tableIndexes).map(({ name }) => name);

/** A DynamoDB metric of the table, or of one of its indexes, which DynamoDB counts separately. */
export function storeMetric(
  { tableName }: Pick<ITable, 'tableName'>,
  metricName: string,
  {
    period: per,
    index,
    label,
  }: { readonly period: Duration; readonly index?: string | undefined; readonly label?: string },
): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName, ...(index !== undefined && { GlobalSecondaryIndexName: index }) },
    statistic: 'Sum',
    period: per,
    label,
  });
}

/** CloudWatch allows ten metrics in one alarm, which is enough for five indexes. */
const METRICS_MAX = 10;

function sumOf(usingMetrics: Record<string, Metric>): MathExpression {
  const ids = Object.keys(usingMetrics);
  if (ids.length > METRICS_MAX) throw new Error(`one alarm cannot evaluate ${ids.length} metrics: split it by index`);
  return new MathExpression({
    expression: ids.map((id) => `FILL(${id}, 0)`).join(' + '),
    usingMetrics,
    period,
    label: 'Refused',
  });
}
