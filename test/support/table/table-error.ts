// The exceptions of DynamoDB that the relay distinguishes, with the names and fields by which the SDK shows them.
import type { AttributeValue, CancellationReason } from '@aws-sdk/client-dynamodb';

export class TableError extends Error {
  readonly Item?: Record<string, AttributeValue>;
  readonly CancellationReasons?: readonly CancellationReason[];

  constructor(name: string, fields: Pick<TableError, 'Item' | 'CancellationReasons'> = {}, message: string = name) {
    super(message);
    this.name = name;
    Object.assign(this, fields);
  }
}

export function isThrottled(error: unknown): boolean {
  return error instanceof TableError && error.name === 'ProvisionedThroughputExceededException';
}

/** A call that no retry will make right: a fault of the code that makes it. */
export function invalidCall(message: string): TableError {
  return new TableError('ValidationException', {}, message);
}

/** @param codes one a write of the transaction, in its order. */
export function cancelled(
  codes: readonly string[],
  items: readonly (Record<string, AttributeValue> | undefined)[] = [],
): TableError {
  const reasons = codes.map((Code, index): CancellationReason => {
    const item = items[index];
    return { Code, ...(item && { Item: item }) };
  });
  return new TableError('TransactionCanceledException', { CancellationReasons: reasons });
}
