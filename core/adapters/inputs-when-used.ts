// The store of long inputs, loaded with its first use: most inputs lie in the table.
// s3-inputs.ts makes the calls.
import type { InputStore } from '../ports/input-store.ts';
import type { S3SignerOptions } from './s3-signer.ts';

/** An {@link InputStore} whose module is loaded by the first call of a method. */
export function makeInputsWhenUsed(options: S3SignerOptions): InputStore {
  let loading: Promise<InputStore> | undefined;
  const loaded = (): Promise<InputStore> =>
    (loading ??= import('./s3-inputs.ts').then(({ makeS3Inputs }) => makeS3Inputs(options)));
  return {
    storeInput: async (key, text) => (await loaded()).storeInput(key, text),
    readInput: async (key) => (await loaded()).readInput(key),
    renewInput: async (key) => (await loaded()).renewInput(key),
    adoptUpload: async (from, to) => (await loaded()).adoptUpload(from, to),
    renewUpload: async (key) => (await loaded()).renewUpload(key),
    removeInput: async (key) => (await loaded()).removeInput(key),
  };
}
