// The variables that Lambda itself sets for every function, with their local values; the template's own override them.
// Through them the SDK finds the stand-ins of the services, as it would find the services.
import { standInCredentials } from '../services/stand-in-credentials.ts';
import type { FunctionPlan } from './function-plan.ts';
import { dirname } from 'node:path';

export interface ServiceUrls {
  readonly dynamoDb: string;
  readonly sqs: string;
  readonly s3: string;
  /** Address of Secrets Manager, SNS and CloudWatch. */
  readonly others: string;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export function lambdaEnvironment(plan: FunctionPlan, urls: ServiceUrls): Readonly<Record<string, string>> {
  const { region, credentials } = standInCredentials;
  return {
    ...plan.environment,
    _HANDLER: `index.${plan.exportName}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: plan.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: plan.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    LAMBDA_TASK_ROOT: dirname(plan.modulePath),
    TZ: ':UTC',
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamoDb,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    AWS_ENDPOINT_URL_S3: urls.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: urls.others,
    AWS_ENDPOINT_URL_SNS: urls.others,
    AWS_ENDPOINT_URL_CLOUDWATCH: urls.others,
  };
}
