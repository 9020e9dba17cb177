// What `relay doctor` says of the secret: that it is empty, that it cannot be read, and that it cannot be decrypted are
// three things with three cures, and look alike to a function.
import { describe, expect, it } from 'vitest';
import { accountChecks } from '../../../cli/checks/account-checks.ts';
import { runCheck } from '../../../cli/checks/check.ts';
import type { CheckContext, CheckResult } from '../../../cli/checks/check.ts';

const current = { VersionIdsToStages: { one: ['AWSCURRENT'] } };

function refusal(name: string): Error {
  return Object.assign(new Error('AWS says no'), { name });
}

interface Secret {
  /** What DescribeSecret answers, or why it does not. */
  readonly described?: object;
  readonly read?: Error;
  readonly keyKmsArn?: string;
}

async function verdictOn({ described = current, read, keyKmsArn }: Secret): Promise<CheckResult> {
  const [check] = accountChecks.filter(({ name }) => name === 'Get3W key');
  if (check === undefined) throw new Error('the check is gone');
  const send = (command: { readonly constructor: { readonly name: string } }): Promise<object> => {
    const answer = command.constructor.name === 'DescribeSecretCommand' ? described : (read ?? { SecretString: 'sk' });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const target = {
    kind: 'deployed',
    simulatorUrl: undefined,
    keySecretArn: 'arn:secret',
    keyKmsArn,
    clients: { secrets: { send } },
  };
  return runCheck(check, { target } as unknown as CheckContext);
}

describe('the check of the Get3W key', () => {
  it('is content with a key that can be read, under a customer key that the functions may use too', async () => {
    expect(await verdictOn({})).toMatchObject({ status: 'ok' });
    const described = { ...current, KmsKeyId: 'arn:kms' };
    expect(await verdictOn({ described, keyKmsArn: 'arn:kms' })).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['no value yet', { described: {} }, 'failed', 'The secret is empty', 'secret set'],
    [
      'an older value alone',
      { described: { VersionIdsToStages: { one: ['AWSPREVIOUS'] } } },
      'failed',
      'empty',
      'secret set',
    ],
    [
      'a customer key without a right',
      { described: { ...current, KmsKeyId: 'arn:kms' } },
      'failed',
      'arn:kms',
      'get3wKeyKmsArn',
    ],
    ['no right to look', { described: refusal('AccessDeniedException') }, 'warning', 'your credentials', 'credentials'],
    ['no right to read', { read: refusal('AccessDeniedException') }, 'warning', 'your credentials', 'credentials'],
    ['a key of KMS that does not decrypt', { read: refusal('DecryptionFailure') }, 'failed', 'decrypted', 'KMS key'],
    [
      'no secret',
      { described: refusal('ResourceNotFoundException') },
      'failed',
      'The secret arn:secret does not exist',
      'Deploy',
    ],
    ['a secret that is going', { read: refusal('InvalidRequestException') }, 'failed', 'deletion', 'restore-secret'],
  ])('reports %s as a cause of its own', async (_what, secret, status, detail, advice) => {
    const verdict = await verdictOn(secret);
    expect(verdict.status).toBe(status);
    expect(verdict.detail).toContain(detail);
    expect(verdict.advice).toContain(advice);
    // Only an empty secret is called empty: an operator who reads that stores a key and waits.
    expect(verdict.detail.includes('empty')).toBe(String(advice) === 'secret set');
  });
});
