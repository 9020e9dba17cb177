// What a failed call of the SDK means: by name, status and system code, whatever its message says.
import {
  ConditionalCheckFailedException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { classifyFault } from '../../../core/adapters/sdk-faults.ts';

const $metadata = { httpStatusCode: 400 };
const MESSAGE = 'says nothing';

function canceled(...codes: string[]) {
  return new TransactionCanceledException({
    $metadata,
    message: MESSAGE,
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

function systemError(code: string) {
  return Object.assign(new Error(MESSAGE), { code });
}

function status(httpStatusCode: number) {
  return Object.assign(new Error(MESSAGE), { name: 'UnknownError', $metadata: { httpStatusCode } });
}

describe('a fault of the SDK', () => {
  it.each([
    ['a conflict between transactions', new TransactionConflictException({ $metadata, message: MESSAGE }), 'contended'],
    ['a transaction still under way', new TransactionInProgressException({ $metadata, message: MESSAGE }), 'contended'],
    ['a transaction cancelled by a conflict', canceled('None', 'TransactionConflict'), 'contended'],
    ['a throttle', new ProvisionedThroughputExceededException({ $metadata, message: MESSAGE }), 'throttled'],
    ['a transaction cancelled by a throttle', canceled('ThrottlingError', 'None'), 'throttled'],
    ['a throttle known by its status alone', status(429), 'throttled'],
    ['an error of the service', new InternalServerError({ $metadata, message: MESSAGE }), 'unavailable'],
    ['a status of 503', status(503), 'unavailable'],
    ['a connection that was refused', systemError('ECONNREFUSED'), 'unavailable'],
    ['a connection that was reset', systemError('ECONNRESET'), 'unavailable'],
    ['a time-out', Object.assign(new Error(MESSAGE), { name: 'TimeoutError' }), 'unavailable'],
    ['a wrong request', status(400), 'refused'],
    ['a transaction cancelled by a wrong write', canceled('ValidationError'), 'refused'],
    ['an error that is none of the SDK', new TypeError(MESSAGE), 'refused'],
    ['something thrown that is no error', 'nonsense', 'refused'],
    ['nothing at all', undefined, 'refused'],
  ])('is distinguished from others: %s', (_name, error, kind) => {
    expect(classifyFault(error)).toEqual({ kind });
  });

  it('returns the stored item where a condition failed', () => {
    const item = { version: { N: '7' } };
    const error = new ConditionalCheckFailedException({ $metadata, message: MESSAGE, Item: item });

    expect(classifyFault(error)).toEqual({ kind: 'condition-failed', item });
  });

  it('is a refusal as soon as one condition of a transaction failed, whatever else was the matter', () => {
    const error = canceled('TransactionConflict', 'ConditionalCheckFailed', 'ThrottlingError');

    expect(classifyFault(error)).toMatchObject({
      kind: 'transaction-refused',
      reasons: [{ Code: 'TransactionConflict' }, { Code: 'ConditionalCheckFailed' }, { Code: 'ThrottlingError' }],
    });
  });
});
