// The one table, with the keys and indexes that core/contract/items.ts names.
// What lies in it is the store's business; who may read and write what, the stages'.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { StoreAlarms } from './monitoring/store-alarms.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import { INDEXES, TABLE_KEYS } from '../core/contract/items.ts';
import type { Attribute } from 'aws-cdk-lib/aws-dynamodb';
import type { TableIndex } from '../core/contract/items.ts';

export interface RelayTableProps {
  /** Whether the table outlives the stack and refuses deletion. */
  readonly isRetained: boolean;
  readonly alarms: AlarmDefaults;
}

export class RelayTable extends Construct {
  readonly table: Table;
  /** ARN of the index of what somebody must come back to. */
  readonly dueIndexArn: string;
  /** ARN of the index of an account's tasks. */
  readonly byAccountIndexArn: string;

  constructor(scope: Construct, id: string, props: RelayTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: textKey(TABLE_KEYS.partition),
      sortKey: textKey(TABLE_KEYS.sort),
      timeToLiveAttribute: TABLE_KEYS.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.isRetained,
      removalPolicy: props.isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    for (const index of Object.values(INDEXES)) this.#addIndex(index);
    // Written out, because CDK's own grants open every index there is and will be.
    this.dueIndexArn = `${this.table.tableArn}/index/${INDEXES.due.name}`;
    this.byAccountIndexArn = `${this.table.tableArn}/index/${INDEXES.byAccount.name}`;
    new StoreAlarms(this, 'Alarms', { defaults: props.alarms, table: this.table });
  }

  #addIndex({ name, partition, sort, includes }: TableIndex): void {
    this.table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: textKey(partition),
      // Milliseconds since the epoch: sweep asks for everything up to now.
      sortKey: sort === INDEXES.due.sort ? { name: sort, type: AttributeType.NUMBER } : textKey(sort),
      ...(includes.length === 0
        ? { projectionType: ProjectionType.KEYS_ONLY }
        : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...includes] }),
    });
  }
}

function textKey(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
