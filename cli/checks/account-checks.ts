// Checks of keys: the relay's key at Get3W, what Get3W answered to it, and the keys of the relay's own clients.
// "No key yet" and "a key that cannot be read" look alike to a function, so these checks distinguish them.
// They do not call Get3W: the first task proves a key, and the gate remembers the answer.
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { viewGate } from '../../core/flows/view-gate.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import { timeText } from '../terminal.ts';
import { failed, ok, skipped, warning } from './check.ts';
import { typed } from '../typed-command.ts';
import type { RelayTarget } from '../relay-target.ts';
import type { Check, Verdict } from './check.ts';

const keyCheck: Check = {
  name: 'Get3W key',
  run: async ({ target }) => {
    if (target.kind === 'local' || target.simulatorUrl !== undefined)
      return skipped('The relay needs none: it calls a simulator in place of Get3W.');
    try {
      return await keyVerdict(target);
    } catch (error) {
      return refusedVerdict(error, target);
    }
  },
};

async function keyVerdict({ clients: { secrets }, keySecretArn, keyKmsArn }: RelayTarget): Promise<Verdict> {
  const secret = await secrets.send(new DescribeSecretCommand({ SecretId: keySecretArn }));
  if (!Object.values(secret.VersionIdsToStages ?? {}).some((stages) => stages.includes('AWSCURRENT'))) {
    return failed('The secret is empty: every task waits.', `\`${typed('secret set')}\` stores it.`);
  }
  const { KmsKeyId: kmsKey } = secret;
  if (kmsKey !== undefined && keyKmsArn === undefined) {
    const text = `The secret is encrypted with ${kmsKey}, which the functions may not use: every task waits.`;
    return failed(text, 'Deploy again with -c get3wKeyKmsArn=… and the ARN of that key.');
  }
  // Only a read shows that the secret can be decrypted; the value is not used.
  await secrets.send(new GetSecretValueCommand({ SecretId: keySecretArn }));
  return ok('The secret holds a key, and your credentials can read it.');
}

/** What a refusal by Secrets Manager means, by the error's name. @throws the error when its name is another. */
function refusedVerdict(error: unknown, { keySecretArn }: RelayTarget): Verdict {
  const { name } = error instanceof Error ? error : new Error(String(error));
  switch (name) {
    case 'AccessDeniedException':
      return warning(
        'AWS does not let your credentials read the secret, or use the key that encrypts it.',
        'This does not show whether the functions may: use credentials with the rights (docs/command-line.md), and try again.',
      );
    case 'DecryptionFailure':
    case 'EncryptionFailure':
      return failed(
        `The secret cannot be decrypted (${name}): every task waits.`,
        'Check its KMS key: it must be enabled, not scheduled for deletion, and its policy must let this account use it.',
      );
    case 'ResourceNotFoundException':
      return failed(
        `The secret ${keySecretArn} does not exist.`,
        'Deploy again, or name the right one: -c get3wKeySecretArn=…',
      );
    case 'InvalidRequestException':
      return failed('The secret is marked for deletion.', 'aws secretsmanager restore-secret --secret-id …');
    default:
      throw error;
  }
}

const gateCheck: Check = {
  name: 'gate',
  run: async ({ ports: { store, clock } }) => {
    const view = await viewGate(store, DEFAULT_GATE_ID);
    const { pause, operator_pause: byOperator, circuits } = publicGate(view, clock.now());
    if (pause?.['reason'] === 'account') {
      const advice = `Fix the key or the balance at Get3W, store a new key with \`${typed('secret set')}\`, then run \`${typed('gate resume')}\`.`;
      return failed(`Get3W refuses the account with ${pause['http_status']}; every task waits.`, advice);
    }
    if (byOperator) {
      const text = `${byOperator.by} paused it at ${timeText(byOperator.since)}; every task waits.`;
      return warning(text, `\`${typed('gate resume')}\` lifts it.`);
    }
    if (circuits.length > 0) {
      const names = circuits.map(({ model }) => model).join(', ');
      return warning(
        `Nearly every task fails for ${names}; tasks of these models wait.`,
        'Ask Get3W, or wait: the gate probes the models again.',
      );
    }
    return pause
      ? ok(`Get3W asked for a pause until ${timeText(pause['until'])}; then tasks go on.`)
      : ok('The gate is open.');
  },
};

const clientCheck: Check = {
  name: 'accounts',
  run: async ({ ports: { store } }) => {
    const accounts = await store.listAccounts();
    const keys = (await Promise.all(accounts.map(({ id }) => store.listKeys(id)))).flat();
    const good = keys.filter(({ revokedAt }) => revokedAt === undefined).length;
    return good > 0
      ? ok(`${accounts.length} accounts, ${good} valid keys.`)
      : failed('No account has a valid key.', `\`${typed('init')}\` makes the first account and key.`);
  },
};

export const accountChecks: readonly Check[] = [keyCheck, gateCheck, clientCheck];
