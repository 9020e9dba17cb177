// A customer key for everything that holds data: table, queues and logs are encrypted with it, the functions that use
// table or queues may use it through these alone, and without one nothing of it is in the template.
import { expect, it } from 'vitest';
import { defaultTemplate, synthesise } from '../support/relay-template.ts';

const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/1234';
const template = synthesise({ dataKmsArn: KEY_ARN });

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function keyStatements(made: ReturnType<typeof synthesise>): readonly (readonly [string, Statement])[] {
  return made.ofType('AWS::IAM::Role').flatMap(({ id, properties }) => {
    const policies = (properties.Policies ?? []) as readonly { PolicyDocument: { Statement: readonly Statement[] } }[];
    const all = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    return all.filter(({ Action }) => JSON.stringify(Action).includes('kms:')).map((one) => [id, one] as const);
  });
}

it('encrypts the table, every queue and every log', () => {
  expect(template.only('AWS::DynamoDB::Table').properties.SSESpecification).toEqual({
    KMSMasterKeyId: KEY_ARN,
    SSEEnabled: true,
    SSEType: 'KMS',
  });
  const queues = template.ofType('AWS::SQS::Queue');
  expect(queues.length).toBeGreaterThanOrEqual(6);
  for (const { properties } of queues) expect(properties.KmsMasterKeyId).toBe(KEY_ARN);
  const logs = template.ofType('AWS::Logs::LogGroup');
  expect(logs.length).toBeGreaterThanOrEqual(7);
  for (const { properties } of logs) expect(properties.KmsKeyId).toBe(KEY_ARN);
});

it('lets the functions of table and queues use the key, through these services alone', () => {
  const found = keyStatements(template);
  const stages = ['Api', 'Deliver', 'Dispatch', 'Keep', 'Monitoring', 'Settle', 'Sweep'];
  const of = (service: RegExp) =>
    found
      .filter(([, { Condition }]) => service.test(JSON.stringify(Condition)))
      .map(([id]) => stages.find((stage) => id.includes(stage)))
      .sort();
  expect(of(/dynamodb\./)).toEqual(stages);
  expect(of(/s3\./)).toEqual(['Api', 'Dispatch', 'Keep']);
  for (const [, { Resource, Condition }] of found) {
    expect(Resource).toBe(KEY_ARN);
    expect(JSON.stringify(Condition)).toMatch(/kms:ViaService.*(dynamodb\..*sqs\.|s3\.)/);
  }
});

it('is nowhere in a relay without one', () => {
  const usual = defaultTemplate();
  expect(usual.only('AWS::DynamoDB::Table').properties).not.toHaveProperty('SSESpecification');
  expect(keyStatements(usual)).toEqual([]);
  for (const { properties } of usual.ofType('AWS::SQS::Queue')) expect(properties).not.toHaveProperty('KmsMasterKeyId');
});
