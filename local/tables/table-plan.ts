// The plan of a table of the template: keys, indexes and the TTL attribute. Backups, encryption and deletion protection
// are ignored: the data directory belongs to its user.
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { ResourceReader } from '../template/resource-reader.ts';

export interface TablePlan {
  readonly name: string;
  readonly creation: CreateTableCommandInput;
  readonly ttlAttribute?: string | undefined;
}

/** Reads `AWS::DynamoDB::Table`. */
export function readTable(name: string, properties: ResourceReader): TablePlan {
  properties.passOver(
    'TableName',
    'Tags',
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    'DeletionProtectionEnabled',
    'ContributorInsightsSpecification',
    'ResourcePolicy',
    // Throughput is what one machine can do, however it is billed.
    'ProvisionedThroughput',
    'OnDemandThroughput',
    'WarmThroughput',
    'TableClass',
  );
  properties.expect('BillingMode', 'PAY_PER_REQUEST', 'PROVISIONED');
  const indexes = properties.sections('GlobalSecondaryIndexes').map((index) => {
    index.passOver('ProvisionedThroughput', 'OnDemandThroughput', 'WarmThroughput', 'ContributorInsightsSpecification');
    return {
      IndexName: index.text('IndexName'),
      KeySchema: readKeys(index),
      Projection: index.value('Projection') as object,
    };
  });
  const expiry = properties.section('TimeToLiveSpecification');
  const ttlAttribute = expiry.flag('Enabled') ? expiry.text('AttributeName') : undefined;
  expiry.passOver('AttributeName');
  return {
    name,
    creation: {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: readKeys(properties),
      AttributeDefinitions: properties.sections('AttributeDefinitions').map((attribute) => ({
        AttributeName: attribute.text('AttributeName'),
        AttributeType: attribute.text('AttributeType') as 'S' | 'N' | 'B',
      })),
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    },
    ttlAttribute,
  };
}

function readKeys(properties: ResourceReader) {
  return properties.sections('KeySchema').map((key) => ({
    AttributeName: key.text('AttributeName'),
    KeyType: key.text('KeyType') as 'HASH' | 'RANGE',
  }));
}
