// The conformance suites against the servers that conformance-jvm.ts has started and names in the environment. Its name
// is not that of a test file, so `npm test` does not run it.
import { doorbellsConformance } from '../../test/contract/doorbells/doorbells-conformance.ts';
import { sqsPlace } from '../../test/contract/doorbells/sqs-place.ts';
import { dynamoPlace } from '../../test/contract/store/dynamo-place.ts';
import { storeConformance } from '../../test/contract/store/store-conformance.ts';

function named(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run npm run test:conformance:jvm`);
  return url;
}

storeConformance('DynamoDB Local', async () => dynamoPlace(named('CONFORMANCE_DYNAMODB_URL')));
doorbellsConformance('ElasticMQ', () => sqsPlace(named('CONFORMANCE_SQS_URL')));
