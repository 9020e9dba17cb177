// The values of the stack's secrets on this machine: Get3W's key for the secret that a function's environment names for
// it, and for every other secret a random text, made at the first start and kept in the data directory.
import { randomBytes } from 'node:crypto';
import type { DataDirectory } from '../data-directory.ts';
import type { FunctionPlan } from '../lambda/function-plan.ts';
import type { SecretPlan } from './secret-plan.ts';

/** The variable in which the contract passes the ARN of Get3W's key. */
const KEY_VARIABLE = 'GET3W_KEY_SECRET_ARN';

const FILE_NAME = 'secrets.json';

interface LocalSecretsOptions {
  readonly data: DataDirectory;
  readonly secrets: readonly SecretPlan[];
  readonly functions: readonly FunctionPlan[];
  readonly get3wKey: string;
}

/** @returns values by ARN. */
export function localSecrets({ data, secrets, functions, get3wKey }: LocalSecretsOptions): Map<string, string> {
  const kept = (data.read(FILE_NAME) ?? {}) as Record<string, string>;
  const keyArns = new Set(functions.map(({ environment }) => environment[KEY_VARIABLE]));
  const values = new Map<string, string>();
  for (const { arn, name, text, generatedChars } of secrets) {
    if (!keyArns.has(arn))
      kept[name] ??= text ?? randomBytes(generatedChars).toString('base64url').slice(0, generatedChars);
    values.set(arn, keyArns.has(arn) ? get3wKey : (kept[name] ?? ''));
  }
  // Get3W's own key is never stored.
  if (Object.keys(kept).length > 0) data.write(FILE_NAME, kept);
  return values;
}
