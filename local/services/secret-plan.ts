// What a secret of the template becomes here: its ARN, and how a value is made for it. What the value of the Get3W
// key is, the runtime knows; other secrets are drawn at random at the first start.
import type { ResourceReader } from '../template/resource-reader.ts';

export interface SecretPlan {
  readonly arn: string;
  readonly name: string;
  /** What the template says of the value: its text, or how it is generated. */
  readonly text?: string | undefined;
  readonly generatedChars: number;
}

/** As Secrets Manager itself has it. */
const GENERATED_CHARS_DEFAULT = 32;

/** Reads `AWS::SecretsManager::Secret`. */
export function readSecret(
  identity: { readonly arn: string; readonly name: string },
  properties: ResourceReader,
): SecretPlan {
  properties.passOver('Name', 'Description', 'KmsKeyId', 'Tags');
  const generated = properties.section('GenerateSecretString');
  // Which characters are drawn matters to nobody here: ours are letters and digits.
  generated.passOver('ExcludePunctuation', 'ExcludeCharacters', 'IncludeSpace', 'RequireEachIncludedType');
  generated.passOver('ExcludeLowercase', 'ExcludeUppercase', 'ExcludeNumbers');
  return {
    ...identity,
    text: properties.optionalText('SecretString'),
    generatedChars: generated.optionalNumber('PasswordLength') ?? GENERATED_CHARS_DEFAULT,
  };
}
