// The environment of each function: the construct must set exactly these names (its type requires it), and the function
// reads them once and reports all missing ones together.
import { RelayError } from '../domain/relay-error.ts';

const forAll = ['TABLE_NAME', 'SERVICE_NAME', 'RELAY_VERSION', 'SETTINGS'] as const;
const queues = ['DISPATCH_QUEUE_URL', 'SETTLE_QUEUE_URL', 'DELIVER_QUEUE_URL', 'KEEP_QUEUE_URL'] as const;
/** Of those that send steps of bulk jobs only: an environment has room for little more. */
const jobs = ['JOBS_QUEUE_URL'] as const;

/**
 * `SETTINGS` is RelaySettings as JSON; `CALLBACKS_URL` the address that callback tokens are appended to, without a
 * slash at its end; `BUCKET_NAME` the bucket of kept outputs and long inputs; `RELAY_URL` the relay's own address. The simulator is not a stage of the relay but takes Get3W's place: its table and queue are its own,
 * `WEBHOOKS` is `https` or `http`.
 */
export const environmentNames = {
  api: [...forAll, ...queues, ...jobs, 'BUCKET_NAME', 'RELAY_URL'],
  dispatch: [...forAll, ...queues, 'BUCKET_NAME', 'CALLBACKS_URL', 'GET3W_URL', 'GET3W_KEY_SECRET_ARN'],
  settle: [...forAll, ...queues, 'GET3W_URL', 'GET3W_KEY_SECRET_ARN'],
  deliver: [...forAll, ...queues],
  keep: [...forAll, ...queues, 'BUCKET_NAME', 'RELAY_URL'],
  sweep: [...forAll, ...queues, ...jobs],
  monitoring: forAll,
  console: ['SERVICE_NAME', 'RELAY_VERSION'],
  simulator: ['TABLE_NAME', 'QUEUE_URL', 'KEY_SECRET_ARN', 'WEBHOOKS'],
} as const;

export type Stage = keyof typeof environmentNames;

/** Where S3 is, set beside stand-ins and emulators only; a CloudFront distribution in front of the bucket, as JSON. */
const optionalNames = ['AWS_ENDPOINT_URL_S3', 'MEDIA_DISTRIBUTION'] as const;

/** What the construct sets. */
export type Environment<S extends Stage> = Readonly<Record<(typeof environmentNames)[S][number], string>>;

/** What the function reads. */
type ReadEnvironment<S extends Stage> = Environment<S> &
  Readonly<Partial<Record<(typeof optionalNames)[number], string>>>;

/** @throws RelayError `environment-incomplete`, naming every variable that is missing. */
export function readEnvironment<S extends Stage>(
  stage: S,
  variables: Readonly<Record<string, string | undefined>>,
): ReadEnvironment<S> {
  const names: readonly string[] = environmentNames[stage];
  const missing = names.filter((name) => !variables[name]);
  if (missing.length > 0) {
    throw new RelayError('environment-incomplete', `${stage} lacks ${missing.join(', ')}`, { missing });
  }
  // As the SDK does: the service's own name first, then the one for all services, which emulators set.
  const found: Readonly<Record<string, string | undefined>> = {
    ...variables,
    AWS_ENDPOINT_URL_S3: variables['AWS_ENDPOINT_URL_S3'] ?? variables['AWS_ENDPOINT_URL'],
  };
  const set = [...names, ...optionalNames].filter((name) => found[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, found[name]])) as ReadEnvironment<S>;
}
