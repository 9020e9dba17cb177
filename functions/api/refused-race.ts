// A change that lost against others' as often as it was tried: their race is the callers', who may try again, and not a
// fault of the relay. The stores try; the calls that change a row of one account or the gate answer by this.
import { RelayError } from '../../core/domain/relay-error.ts';
import { ownFailure } from '../../core/http/http-failure.ts';

/** @throws HttpFailure 409 in place of a lost race, else what the change throws. */
export async function refusedRace<Value>(change: () => Promise<Value>): Promise<Value> {
  try {
    return await change();
  } catch (error) {
    const isRace = error instanceof RelayError && error.code === 'store-contended';
    throw isRace ? ownFailure('changedByOthers', error.message) : error;
  }
}
