// The one table, with the keys and indexes that core/contract/items.ts names.
// The store defines its rows; the stages grant who may read and write what.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { StoreAlarms } from './monitoring/store-alarms.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import { tableIndexes, tableKeys } from '../core/contract/items.ts';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Attribute, TableProps } from 'aws-cdk-lib/aws-dynamodb';
import type { Capacity } from '../core/domain/capacity.ts';
import type { TableIndex } from '../core/contract/items.ts';

interface RelayTableProps {
  /** Whether the table outlives the stack and refuses deletion. */
  readonly isRetained: boolean;
  readonly alarms: AlarmDefaults;
  readonly capacity: Pick<Capacity, 'writeUnits' | 'readUnits'>;
  /** Customer key that encrypts it. @default DynamoDB's own */
  readonly dataKey: IKey | undefined;
}

export class RelayTable extends Construct {
  readonly table: Table;
  /** ARN of the index of what is due. */
  readonly dueIndexArn: string;
  /** ARN of the index of an account's tasks. */
  readonly byAccountIndexArn: string;
  /** ARN of the index of all accounts' tasks. */
  readonly byTimeIndexArn: string;
  /** For lists of what met a failure. */
  readonly byFailureIndexArn: string;

  constructor(scope: Construct, id: string, props: RelayTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: textKey(tableKeys.partition),
      sortKey: textKey(tableKeys.sort),
      timeToLiveAttribute: tableKeys.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...warmed(props.capacity),
      ...(props.dataKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.dataKey }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.isRetained,
      removalPolicy: props.isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    for (const index of Object.values(tableIndexes)) this.#addIndex(index);
    // Written out, because CDK's own grants open every present and future index.
    this.dueIndexArn = `${this.table.tableArn}/index/${tableIndexes.due.name}`;
    this.byTimeIndexArn = `${this.table.tableArn}/index/${tableIndexes.byTime.name}`;
    this.byFailureIndexArn = `${this.table.tableArn}/index/${tableIndexes.byFailure.name}`;
    this.byAccountIndexArn = `${this.table.tableArn}/index/${tableIndexes.byAccount.name}`;
    new StoreAlarms(this, 'Alarms', { defaults: props.alarms, table: this.table });
  }

  #addIndex({ name, partition, sort, includes }: TableIndex): void {
    this.table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: textKey(partition),
      // Milliseconds since the epoch: the sweep queries everything up to now.
      sortKey: sort === tableIndexes.due.sort ? { name: sort, type: AttributeType.NUMBER } : textKey(sort),
      ...(includes.length === 0
        ? { projectionType: ProjectionType.KEYS_ONLY }
        : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...includes] }),
    });
  }
}

/** What a new on-demand table can serve from the start; DynamoDB refuses a request for less. */
const WRITE_UNITS_NEW = 4_000;
const READ_UNITS_NEW = 12_000;

/** Warm throughput for a table that needs more from its first second; it is paid for once. */
function warmed({ writeUnits, readUnits }: RelayTableProps['capacity']): Pick<TableProps, 'warmThroughput'> {
  if (writeUnits <= WRITE_UNITS_NEW && readUnits <= READ_UNITS_NEW) return {};
  const warmThroughput = {
    writeUnitsPerSecond: Math.max(WRITE_UNITS_NEW, writeUnits),
    readUnitsPerSecond: Math.max(READ_UNITS_NEW, readUnits),
  };
  return { warmThroughput };
}

function textKey(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
