// Reads from a function's answer to a batch which messages are to be redelivered, by Lambda's rules for functions that
// report failures one by one and for those that do not.
import type { InvocationResult } from '../lambda/invocation.ts';
import type { SourcePlan } from './source-plan.ts';

/**
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @returns ids of the messages that stay in the queue.
 */
export function failedMessageIds(
  { reportsFailures }: Pick<SourcePlan, 'reportsFailures'>,
  ids: readonly string[],
  result: InvocationResult,
): ReadonlySet<string> {
  if (result.kind !== 'answered') return new Set(ids);
  if (!reportsFailures) return new Set();
  const failures = readFailures(result.payload);
  // A failure without an id, or with one that was not in the batch, makes the whole batch fail.
  if (failures.some((id) => typeof id !== 'string' || !ids.includes(id))) return new Set(ids);
  return new Set(failures as string[]);
}

/** Null, no value and an empty list all mean that everything was served. */
function readFailures(payload: string): readonly unknown[] {
  const answer = JSON.parse(payload) as { batchItemFailures?: readonly { itemIdentifier?: unknown }[] | null } | null;
  return (answer?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
}
