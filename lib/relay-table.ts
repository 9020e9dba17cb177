// The one table, with the keys and indexes that core/contract/items.ts names.
// What lies in it is the store's business; who may read and write what, the stages'.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { StoreAlarms } from './monitoring/store-alarms.ts';
import type { AlarmDefaults } from './monitoring/alarm.ts';
import { INDEXES, TABLE_KEYS } from '../core/contract/items.ts';

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
    const { due, byAccount } = INDEXES;
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new Table(this, 'Table', {
      partitionKey: text(TABLE_KEYS.partition),
      sortKey: text(TABLE_KEYS.sort),
      timeToLiveAttribute: TABLE_KEYS.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.isRetained,
      removalPolicy: props.isRetained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: due.name,
      partitionKey: text(due.partition),
      // Milliseconds since the epoch: sweep asks for everything up to now.
      sortKey: { name: due.sort, type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: byAccount.name,
      partitionKey: text(byAccount.partition),
      sortKey: text(byAccount.sort),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    // Written out, because CDK's own grants open every index there is and will be.
    this.dueIndexArn = `${this.table.tableArn}/index/${due.name}`;
    this.byAccountIndexArn = `${this.table.tableArn}/index/${byAccount.name}`;
    new StoreAlarms(this, 'Alarms', { defaults: props.alarms, table: this.table });
  }
}
