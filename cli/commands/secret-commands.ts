// `relay secret`: stores the Get3W key where the functions read it. The command asks for the key or reads it from a
// pipe, never from an argument: the shell's history and the list of processes show arguments.
import { password, isCancel } from '@clack/prompts';
import { DescribeSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { text as textOf } from 'node:stream/consumers';
import { addCommand, runAs } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { RelayTarget } from '../relay-target.ts';
import type { Terminal } from '../terminal.ts';

/** Whether the secret has ever been given a value. */
export async function hasKey({ clients, keySecretArn }: RelayTarget): Promise<boolean> {
  const { VersionIdsToStages: versions = {} } = await clients.secrets.send(
    new DescribeSecretCommand({ SecretId: keySecretArn }),
  );
  return Object.values(versions).some((stages) => stages.includes('AWSCURRENT'));
}

/** The key from the pipe, the environment or the terminal; undefined when none of them gives one. */
export async function askForKey({ isInteractive }: Terminal): Promise<string | undefined> {
  const fromEnvironment = process.env['GET3W_API_KEY'];
  if (fromEnvironment) return checkedKey(fromEnvironment);
  if (isInteractive) {
    const typed = await password({
      message: 'Get3W key (it is not shown)',
      validate: (value) => refusalOf(value ?? ''),
    });
    if (isCancel(typed)) throw new CommandFailure('Nothing was changed.', 'Run it again when you have the key.');
    return checkedKey(typed);
  }
  const piped = process.stdin.isTTY ? '' : await textOf(process.stdin);
  return piped.trim() === '' ? undefined : checkedKey(piped);
}

/** Why a text cannot be a key; undefined when it can. */
export function refusalOf(text: string): string | undefined {
  const key = text.trim();
  if (key === '') return 'It is empty.';
  if (/\s/.test(key)) return 'A key has no spaces or line breaks in it.';
  return key.length < 8 ? 'It is too short for a key.' : undefined;
}

function checkedKey(text: string): string {
  const refusal = refusalOf(text);
  if (refusal === undefined) return text.trim();
  throw new CommandFailure(
    `This is not a key. ${refusal}`,
    'Copy it again from your account at Get3W.',
    exitCodes.usage,
  );
}

/** @throws CommandFailure for a local relay, which never writes the key down. */
export async function storeKey({ kind, clients, keySecretArn }: RelayTarget, key: string): Promise<void> {
  if (kind === 'local') {
    throw new CommandFailure(
      'A local relay does not store a key: it writes nothing of your Get3W account to this machine.',
      'Start it with the key in its environment: GET3W_API_KEY=sk_… npm start',
    );
  }
  await clients.secrets.send(new PutSecretValueCommand({ SecretId: keySecretArn, SecretString: key }));
}

export function addSecretCommands(program: Command): void {
  const secret = program.command('secret').description('the key of the Get3W account');
  runAs(
    addCommand(
      secret,
      'set',
      'Stores the key. The functions use it within five minutes, or at once if Get3W refuses the old one.',
      ['secret set --stack get3w-relay', 'secret set --stack get3w-relay < key.txt'],
    ),
    async ({ target, terminal }) => {
      if (target.kind === 'local') await storeKey(target, '');
      const key = await askForKey(terminal);
      if (key === undefined) {
        throw new CommandFailure('No key was given.', 'Type it in a terminal, or pipe it in.', exitCodes.usage);
      }
      await storeKey(target, key);
      const value = { secret_arn: target.keySecretArn, stored: true };
      return {
        value,
        text: `Stored. The functions use it within five minutes; \`${typed('doctor')}\` checks it.`,
      };
    },
    'secret.set',
  );
}
