// `relay simulator`: what the simulator in Get3W's place counted, and which faults it makes. The command reads a
// deployed simulator's key from its secret, so the operator needs none; a local simulator asks for none.
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { addCommand, runAs } from '../add-command.ts';
import { HTTP_TIMEOUT_MS } from '../command-client.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { factsText } from '../terminal.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../add-command.ts';
import type { RelayTarget } from '../relay-target.ts';
import type { Report } from '../terminal.ts';

interface Ledger {
  readonly accepted: number;
  readonly charged: number;
  readonly refunded: number;
  readonly running: number;
  readonly maxRunning: number;
}

async function keyOf({ simulatorKeySecretArn: secretId, clients }: RelayTarget): Promise<string | undefined> {
  if (secretId === undefined) return undefined;
  const { SecretString: key } = await clients.secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
  return key;
}

/** @throws CommandFailure when the relay calls Get3W itself, and with the simulator's answer to a wrong call. */
async function ask<Value>({ target }: CommandContext, method: string, name: string, body?: string): Promise<Value> {
  if (target.simulatorUrl === undefined) {
    const advice = 'Deploy one with -c simulator=true, under a stage of its own; `npm start` has one without a key.';
    throw new CommandFailure(`${target.name} has no simulator: it calls Get3W.`, advice, exitCodes.notFound);
  }
  const key = await keyOf(target);
  const response = await fetch(`${target.simulatorUrl}/_simulator/${name}`, {
    method,
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
  });
  const answer = (await response.json()) as Value & { error?: string };
  if (response.ok) return answer;
  const advice = 'simulator/README.md lists the settings with their meanings.';
  throw new CommandFailure(
    `The simulator answers ${response.status}: ${answer.error ?? ''}.`,
    advice,
    exitCodes.failed,
  );
}

function ledgerReport(ledger: Ledger): Report {
  const { accepted, charged, refunded, running, maxRunning } = ledger;
  const text = factsText({
    'Tasks made': String(accepted),
    Paid: `${charged - refunded} (${charged} charged, ${refunded} refunded)`,
    Running: `${running}, ${maxRunning} at most`,
  });
  return { value: ledger, text };
}

function settingsReport(settings: object): Report {
  return {
    value: settings,
    text: factsText(Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)]))),
  };
}

export function addSimulatorCommands(program: Command): void {
  const simulator = program.command('simulator').description('the simulator in the place of Get3W');

  runAs(
    addCommand(simulator, 'ledger', 'Shows how many tasks it made, and how many were charged.', [
      'simulator ledger',
      'simulator ledger --stack get3w-relay-trial --json',
    ]),
    async (context) => ledgerReport(await ask<Ledger>(context, 'GET', 'ledger')),
  );
  runAs(
    addCommand(simulator, 'settings', 'Shows how it behaves: limit, durations, faults.', ['simulator settings']),
    async (context) => settingsReport(await ask<object>(context, 'GET', 'settings')),
  );
  runAs(
    addCommand(
      simulator,
      'set <settings>',
      'Changes the settings named in a JSON object; replaces the faults as a whole.',
      [
        `simulator set '{"faults":{"5003":0.2,"429":0.1}}'`,
        `simulator set '{"concurrency":5,"durationMs":20000}' --stack get3w-relay-trial`,
      ],
    ),
    async (context, [settings = '']) => settingsReport(await ask<object>(context, 'PUT', 'settings', settings)),
  );
  runAs(
    addCommand(simulator, 'reset', 'Discards its tasks, its ledger and changes to its settings.', ['simulator reset']),
    async (context) => ledgerReport(await ask<Ledger>(context, 'POST', 'reset')),
  );
}
