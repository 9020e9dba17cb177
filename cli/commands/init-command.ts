// `relay init`: from a fresh deployment to the first task: stores the Get3W key, makes the first account and its key,
// and prints the call. It asks for what is missing and changes nothing that exists.
import { isCancel, text as askText } from '@clack/prompts';
import colours from 'picocolors';
import { addCommand, runAs } from '../add-command.ts';
import { CommandFailure } from '../command-failure.ts';
import { factsText } from '../terminal.ts';
import { createAccount } from './account-commands.ts';
import { shownAccount } from './shown-account.ts';
import { createKey } from './key-commands.ts';
import { askForKey, hasKey, storeKey } from './secret-commands.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';

interface InitOptions {
  readonly account?: string;
  readonly operator: boolean;
}

const DEFAULT_NAME = 'first';

/** What the command did about the Get3W key. */
type KeyState = 'simulated' | 'stored' | 'kept' | 'missing';

async function settleKey({ target, terminal }: CommandContext): Promise<KeyState> {
  if (target.simulatorUrl !== undefined || target.kind === 'local') return 'simulated';
  if (await hasKey(target)) return 'kept';
  const key = await askForKey(terminal);
  if (key === undefined) return 'missing';
  await storeKey(target, key);
  return 'stored';
}

async function askName({ isInteractive }: CommandContext['terminal']): Promise<string> {
  if (!isInteractive) return DEFAULT_NAME;
  const name = await askText({ message: 'Name of the first account', initialValue: DEFAULT_NAME });
  if (isCancel(name)) throw new CommandFailure('No account was made.', 'Run it again when you know the name.');
  return name.trim() || DEFAULT_NAME;
}

const keyTexts = {
  simulated: 'none needed: the relay calls a simulator, or was started with a key',
  stored: 'stored',
  kept: 'was already stored',
} as const satisfies Partial<Record<KeyState, string>>;

function keyText(state: KeyState): string {
  return state === 'missing' ? colours.yellow(`missing: ${typed('secret set')}`) : keyTexts[state];
}

/** The call, ready to paste. */
function firstCall(url: string, key: string, isSimulated: boolean): string {
  const model = isSimulated ? 'simulator/5003.5003.0/text-to-image' : 'google/nano-banana-pro/text-to-image';
  return [
    `curl -s -X POST '${url}/v1/${model}?sync=true' \\`,
    `  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '{"prompt":"a lighthouse at dusk"}'`,
  ].join('\n');
}

async function init(context: CommandContext, options: InitOptions): Promise<Report> {
  const { target, ports, terminal } = context;
  const get3wKey = await settleKey(context);
  const account = await createAccount(ports, options.account ?? (await askName(terminal)), {
    operator: options.operator,
  });
  const { key } = await createKey(ports, account);
  const curl = firstCall(target.url, key, target.simulatorUrl !== undefined);
  const text = [
    factsText({
      Relay: target.url,
      'Get3W key': keyText(get3wKey),
      Account: `${account.id} (${account.name}${account.isOperator ? ', operator' : ''})`,
      Key: `${key}  ${colours.dim('shown once')}`,
    }),
    '',
    'The first task:',
    '',
    curl,
  ].join('\n');
  return { value: { url: target.url, get3w_key: get3wKey, account: shownAccount(account), key, curl }, text };
}

export function addInitCommand(program: Command): void {
  return runAs<InitOptions>(
    addCommand(program, 'init', 'Stores the Get3W key, makes the first account and key, prints the first call.', [
      'init --stack get3w-relay',
      'init --stack get3w-relay --account studio < key.txt',
      'init --data .relay --json',
    ])
      .option('--account <name>', `name of the account (default: asked for, else ${DEFAULT_NAME})`)
      .option('--no-operator', 'the account may not operate the gate or see tasks of others'),
    (context, _args, options) => init(context, options),
  );
}
