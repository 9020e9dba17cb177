import { describe, expect, it } from 'vitest';
import { tableIndexes, tableKeys } from '../../core/contract/items.ts';
import { defaultTemplate, synthesise } from '../support/relay-template.ts';

const TYPE = 'AWS::DynamoDB::Table';

function keySchema(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}

describe('the table', () => {
  it('has the keys, the time to live and the indexes that the contract names', () => {
    const { properties } = defaultTemplate().only(TYPE);
    expect(properties.KeySchema).toEqual(keySchema(tableKeys.partition, tableKeys.sort));
    expect(properties.TimeToLiveSpecification).toEqual({ AttributeName: tableKeys.ttl, Enabled: true });
    expect(properties.GlobalSecondaryIndexes).toEqual(
      Object.values(tableIndexes).map(({ name, partition, sort, includes }) => ({
        IndexName: name,
        KeySchema: keySchema(partition, sort),
        Projection:
          includes.length === 0
            ? { ProjectionType: 'KEYS_ONLY' }
            : { ProjectionType: 'INCLUDE', NonKeyAttributes: includes },
      })),
    );
  });

  it('sorts what is due by number and everything else by text', () => {
    const { AttributeDefinitions: definitions } = defaultTemplate().only(TYPE).properties;
    const numbers = definitions.filter((definition: { AttributeType: string }) => definition.AttributeType !== 'S');
    expect(numbers).toEqual([{ AttributeName: tableIndexes.due.sort, AttributeType: 'N' }]);
  });

  it('is paid by use and can be put back to any moment', () => {
    const { properties } = defaultTemplate().only(TYPE);
    expect(properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  });

  it('outlives its stack and refuses deletion by default', () => {
    const { properties, whole } = defaultTemplate().only(TYPE);
    expect(properties.DeletionProtectionEnabled).toBe(true);
    expect([whole.DeletionPolicy, whole.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(defaultTemplate().stack.terminationProtection).toBe(true);
  });

  it('goes with its stack when data is not to be retained', () => {
    const template = synthesise({ retainData: false });
    const { properties, whole } = template.only(TYPE);
    expect(properties.DeletionProtectionEnabled).toBe(false);
    expect(whole.DeletionPolicy).toBe('Delete');
    expect(template.only('AWS::SecretsManager::Secret').whole.DeletionPolicy).toBe('Delete');
    expect(template.stack.terminationProtection).toBe(false);
  });
});
