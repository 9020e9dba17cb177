// The plan of a secret of the template: its ARN, and how its value is made. The runtime knows the Get3W key; other
// values are made at random at the first start.
import type { ResourceReader } from '../template/resource-reader.ts';

export interface SecretPlan {
  readonly arn: string;
  readonly name: string;
  /** The value in the template: its text, or how it is generated. */
  readonly text?: string | undefined;
  readonly generatedChars: number;
}

/** Secrets Manager's default. */
const GENERATED_CHARS_DEFAULT = 32;

/** Reads `AWS::SecretsManager::Secret`. */
export function readSecret(
  identity: { readonly arn: string; readonly name: string },
  properties: ResourceReader,
): SecretPlan {
  properties.passOver('Name', 'Description', 'KmsKeyId', 'Tags');
  const generated = properties.section('GenerateSecretString');
  // The set of characters does not matter here: ours are letters and digits.
  generated.passOver('ExcludePunctuation', 'ExcludeCharacters', 'IncludeSpace', 'RequireEachIncludedType');
  generated.passOver('ExcludeLowercase', 'ExcludeUppercase', 'ExcludeNumbers');
  return {
    ...identity,
    text: properties.optionalText('SecretString'),
    generatedChars: generated.optionalNumber('PasswordLength') ?? GENERATED_CHARS_DEFAULT,
  };
}
