// The conformance suites against the second opinions that conformance-jvm.ts has started and names in the environment.
// Not a test file by name: `npm test` knows nothing of it.
import { doorbellsConformance } from '../doorbells/doorbells-conformance.ts';
import { sqsPlace } from '../doorbells/sqs-place.ts';
import { dynamoPlace } from '../store/dynamo-place.ts';
import { storeConformance } from '../store/store-conformance.ts';

const named = (variable: string): string => {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run npm run conformance:jvm`);
  return url;
};

storeConformance('DynamoDB Local', async () => dynamoPlace(named('CONFORMANCE_DYNAMODB_URL')));
doorbellsConformance('ElasticMQ', () => sqsPlace(named('CONFORMANCE_SQS_URL')));
