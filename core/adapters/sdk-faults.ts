// Classifies a failed call of the AWS SDK for every adapter: the one place that knows the SDK's error names.
// By name, status and system code, never by message text, which changes without notice.
// The caller decides how to handle a fault (resend, give up, answer).
import type { AttributeValue, CancellationReason } from '@aws-sdk/client-dynamodb';

export type SdkFault =
  /** A single write's condition did not hold; `item` is the stored item, if it was requested. */
  | { readonly kind: 'condition-failed'; readonly item?: Record<string, AttributeValue> | undefined }
  /** A transaction was refused by at least one condition; the reasons are in the order of its writes. */
  | { readonly kind: 'transaction-refused'; readonly reasons: readonly CancellationReason[] }
  /** Another writer was writing the same items at the same moment. */
  | { readonly kind: 'contended' }
  | { readonly kind: 'throttled' }
  /** No answer, or one that shows a sick service: it is unknown whether the call took effect. */
  | { readonly kind: 'unavailable' }
  /** The call itself is wrong (validation, permissions, a missing table): a fault of code or set-up, never resent. */
  | { readonly kind: 'refused' };

const contended = new Set([
  'TransactionConflictException',
  'TransactionInProgressException',
  'ReplicatedWriteConflictException',
]);
const throttled = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
]);
const unavailable = new Set([
  'TimeoutError',
  'AbortError',
  'NetworkingError',
  'InternalServerError',
  'InternalFailure',
]);
/** System codes of a connection that was not made or broke. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

interface FaultFields {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly CancellationReason[];
  readonly Item?: Record<string, AttributeValue>;
}

export function classifyFault(error: unknown): SdkFault {
  const { name = '', code, $metadata, CancellationReasons, Item } = Object(error) as FaultFields;
  if (name === 'ConditionalCheckFailedException') return { kind: 'condition-failed', item: Item };
  if (name === 'TransactionCanceledException') return classifyCancellation(CancellationReasons ?? []);
  if (contended.has(name)) return { kind: 'contended' };
  return { kind: classifyCall(name, code ?? '', $metadata?.httpStatusCode ?? 0) };
}

function classifyCall(name: string, code: string, status: number): 'throttled' | 'unavailable' | 'refused' {
  if (throttled.has(name) || status === 429) return 'throttled';
  return unavailable.has(name) || networkCodes.has(code) || status >= 500 ? 'unavailable' : 'refused';
}

function classifyCancellation(reasons: readonly CancellationReason[]): SdkFault {
  const codes = new Set(reasons.map(({ Code }) => Code));
  // A condition that failed fails again however often it is sent, whatever else was wrong.
  if (codes.has('ConditionalCheckFailed')) return { kind: 'transaction-refused', reasons };
  if (codes.has('TransactionConflict')) return { kind: 'contended' };
  const isThrottled = codes.has('ProvisionedThroughputExceeded') || codes.has('ThrottlingError');
  return { kind: isThrottled ? 'throttled' : 'refused' };
}

/** Why a secret could not be read, in addition to the faults that any call may meet. */
export type SecretFault = SdkFault['kind'] | 'denied' | 'undecryptable' | 'missing';

/**
 * Secrets Manager answers AccessDenied both when a policy forbids reading the secret and when one forbids using its KMS
 * key; DecryptionFailure when that key is disabled or gone. Source: GetSecretValue, "Errors", and its troubleshooting
 * page.
 */
export function classifySecretFault(error: unknown): SecretFault {
  const { name = '' } = Object(error) as FaultFields;
  if (/^AccessDenied(Exception)?$/.test(name)) return 'denied';
  if (/^(DecryptionFailure|KMS)/.test(name)) return 'undecryptable';
  return name === 'ResourceNotFoundException' ? 'missing' : classifyFault(error).kind;
}

/** S3 has no object under the key. Who may not list the bucket is answered AccessDenied instead. */
export function isMissingObject(error: unknown): boolean {
  const { name } = Object(error) as FaultFields;
  return name === 'NoSuchKey' || name === 'NotFound';
}
