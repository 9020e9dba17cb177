// Checks of who may call whom: the relay's key at Get3W, what Get3W says of it, and the keys of the relay's own clients.
// "No key yet" and "a key that cannot be read" look alike to a function, so here they are told apart.
// Get3W itself is not called: a key proves itself with the first task, and the gate remembers the answer.
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DEFAULT_GATE_ID } from '../../core/domain/gate/gate.ts';
import { viewGate } from '../../core/flows/view-gate.ts';
import { publicGate } from '../../core/http/public-gate.ts';
import { timeText } from '../terminal.ts';
import { failed, ok, skipped, warning } from './check.ts';
import type { RelayTarget } from '../relay-target.ts';
import type { Check, Verdict } from './check.ts';

const keyCheck: Check = {
  name: 'Get3W key',
  run: async ({ target }) => {
    if (target.kind === 'local' || target.simulatorUrl !== undefined)
      return skipped('None is needed: a simulator stands in for Get3W.');
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
    return failed('The secret is empty: every task waits.', '`npm run relay -- secret set` stores it.');
  }
  const { KmsKeyId: kmsKey } = secret;
  if (kmsKey !== undefined && keyKmsArn === undefined) {
    const text = `The secret is encrypted with ${kmsKey}, which the functions may not use: every task waits.`;
    return failed(text, 'Deploy again with -c get3wKeyKmsArn=… and the ARN of that key.');
  }
  // Reading it is the only way to see that it can be decrypted; the value goes nowhere.
  await secrets.send(new GetSecretValueCommand({ SecretId: keySecretArn }));
  return ok('The secret holds a key, and it can be read.');
}

/** What a refusal of Secrets Manager means, by its name. @throws the error where it means something else. */
function refusedVerdict(error: unknown, { keySecretArn }: RelayTarget): Verdict {
  const { name } = error instanceof Error ? error : new Error(String(error));
  switch (name) {
    case 'AccessDeniedException':
      return warning(
        'AWS does not let your credentials read the secret, or use the key that encrypts it.',
        'Whether the functions may is not told by this: use credentials that may (docs/command-line.md), and ask again.',
      );
    case 'DecryptionFailure':
    case 'EncryptionFailure':
      return failed(
        `The secret cannot be decrypted (${name}): every task waits.`,
        'Look at its KMS key: is it enabled, not to be deleted, and does its policy let this account use it?',
      );
    case 'ResourceNotFoundException':
      return failed(
        `There is no secret ${keySecretArn}.`,
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
      const advice = 'Mend key or balance at Get3W, store a new key with `secret set`, then `gate resume`.';
      return failed(`Get3W refuses the account with ${pause['http_status']}; every task waits.`, advice);
    }
    if (byOperator) {
      const text = `${byOperator.by} paused it at ${timeText(byOperator.since)}; every task waits.`;
      return warning(text, '`npm run relay -- gate resume` lifts it.');
    }
    if (circuits.length > 0) {
      const names = circuits.map(({ model }) => model).join(', ');
      return warning(
        `Nearly everything fails for ${names}; these tasks wait.`,
        'Ask Get3W, or wait: it is tried again.',
      );
    }
    return pause
      ? ok(`Get3W asked for a pause until ${timeText(pause['until'])}; it ends by itself.`)
      : ok('It is open.');
  },
};

const clientCheck: Check = {
  name: 'accounts',
  run: async ({ ports: { store } }) => {
    const accounts = await store.listAccounts();
    const keys = (await Promise.all(accounts.map(({ id }) => store.listKeys(id)))).flat();
    const good = keys.filter(({ revokedAt }) => revokedAt === undefined).length;
    return good > 0
      ? ok(`${accounts.length} accounts, ${good} keys.`)
      : failed('Nobody has a key that is good.', '`npm run relay -- init` makes the first account and key.');
  },
};

export const accountChecks: readonly Check[] = [keyCheck, gateCheck, clientCheck];
