// Alarms on the table: DynamoDB refusing reads and writes, of the table itself and of the index that sweep reads.
// On demand there is no capacity to set; what refuses is a single hot item, or growth faster than DynamoDB follows.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { INDEXES } from '../../core/contract/items.ts';
import { relayAlarm } from './alarm.ts';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { AlarmDefaults } from './alarm.ts';

const period = Duration.minutes(5);

export interface StoreAlarmsProps {
  readonly defaults: AlarmDefaults;
  readonly table: ITable;
}

export class StoreAlarms extends Construct {
  constructor(scope: Construct, id: string, { defaults, table }: StoreAlarmsProps) {
    super(scope, id);
    const threshold = defaults.thresholds.storeThrottlesCount;
    const throttled = (dimensionsMap: Record<string, string>) => {
      const event = (metricName: string) =>
        new Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap, statistic: 'Sum', period });
      return new MathExpression({
        expression: 'FILL(r, 0) + FILL(w, 0)',
        usingMetrics: { r: event('ReadThrottleEvents'), w: event('WriteThrottleEvents') },
        period,
        label: 'Refused',
      });
    };
    const common = {
      defaults,
      threshold,
      periods: 3,
      breachingPeriods: 2,
      missingData: TreatMissingData.NOT_BREACHING,
      missingDataReason: 'not breaching, for DynamoDB reports only what it refuses.',
    } as const;
    relayAlarm(this, 'ThrottledAlarm', {
      ...common,
      name: 'Store/Throttled',
      severity: 'page',
      meaning: `DynamoDB refused ${threshold} reads or writes of the table or more within five minutes.`,
      metric: throttled({ TableName: table.tableName }),
    });
    relayAlarm(this, 'IndexThrottledAlarm', {
      ...common,
      name: 'Store/IndexThrottled',
      severity: 'ticket',
      meaning: `DynamoDB refused ${threshold} reads or writes of the index of due rows or more within five minutes.`,
      metric: throttled({ TableName: table.tableName, GlobalSecondaryIndexName: INDEXES.due.name }),
    });
  }
}
