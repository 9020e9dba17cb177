// What every command has in common: the options that name the relay, opening it, printing the result as text or JSON,
// and closing it. Each command's own file defines what it does.
import { InvalidArgumentError } from 'commander';
import { closeClients } from './relay-target.ts';
import { makeCommandPorts } from './command-ports.ts';
import { openDeployedTarget } from './deployed-target.ts';
import { openLocalTarget } from './local-target.ts';
import { makeTerminal, print } from './terminal.ts';
import { REASON_CHARS_MAX } from '../core/domain/audit-entry.ts';
import { auditedCommand } from './audited-command.ts';
import type { Command } from 'commander';
import type { AuditAction, AuditEntry } from '../core/domain/audit-entry.ts';
import type { CommandPorts } from './command-ports.ts';
import type { RelayTarget } from './relay-target.ts';
import type { Report, Terminal } from './terminal.ts';

export interface CommandContext {
  readonly target: RelayTarget;
  readonly ports: CommandPorts;
  readonly terminal: Terminal;
}

interface TargetOptions {
  readonly stack?: string;
  readonly region?: string;
  readonly data: string;
  readonly json?: true;
}

/** The relay to work on; the environment may name its stack once for a whole session. */
function openTarget({ stack, region, data }: Omit<TargetOptions, 'json'>): Promise<RelayTarget> {
  return stack === undefined ? Promise.resolve(openLocalTarget(data)) : openDeployedTarget(stack, region);
}

/** A command of `parent` with its examples and the options that all commands share. */
export function addCommand(
  parent: Command,
  usage: string,
  description: string,
  examples: readonly string[],
  { isDefault = false }: { readonly isDefault?: boolean } = {},
): Command {
  const command = parent
    .command(usage, { isDefault })
    .description(description)
    .option('--stack <name>', 'stack of a deployed relay (default: RELAY_STACK, else the local relay)')
    .option('--region <region>', 'AWS region of the stack (default: AWS_REGION or your profile)')
    .option('--data <dir>', 'data directory of a local relay', process.env['RELAY_DATA'] ?? '.relay')
    .option('--json', 'print the result as JSON, errors too')
    .addHelpText('after', ['\nExamples:', ...examples.map((example) => `  $ npm run relay -- ${example}`)].join('\n'));
  return namingAllMissing(command);
}

/**
 * Commander names one missing option, the next when the first is given, and so on: here one answer names all.
 * @param more what else the command lacks, of which commander knows nothing.
 */
export function namingAllMissing(command: Command, more: () => readonly string[] = () => []): Command {
  const tellAll = (): void => {
    const missing = command.options
      .filter((option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined)
      .map(({ flags }) => flags);
    const text = `error: the command lacks ${[...missing, ...more()].join(', ')}`;
    command.error(text, { code: 'commander.missingMandatoryOptionValue' });
  };
  // The method that commander calls for the first one; its types leave it out.
  return Object.assign(command, { missingMandatoryOptionValue: tellAll });
}

/** Of the targets of one act in the audit log; some forty ids. */
const TARGET_CHARS_MAX = 1_500;

/** Where and how acts of operators say why, for the audit log. */
export function withReason(command: Command): Command {
  return command.option('--reason <text>', 'why, for the audit log', readReason);
}

export function readReason(text: string): string {
  if (text.trim() !== '' && text.length <= REASON_CHARS_MAX) return text.toWellFormed();
  throw new InvalidArgumentError(`It must be a text of 1 to ${REASON_CHARS_MAX} characters.`);
}

/** Of several arguments the last is the thing itself; erasing and keeping take several things. */
function targetOf(action: AuditAction, args: readonly string[]): string | undefined {
  return (action === 'task.erase' || action === 'task.keep') && args.length > 0
    ? args.join(' ').slice(0, TARGET_CHARS_MAX)
    : args.at(-1);
}

/** An act that is more than its name: what it changes is on the record before it is done. */
interface ActOf<Options> {
  readonly action: AuditAction;
  readonly changesOf: (options: Options) => AuditEntry['changes'];
}

type Work<Options> = (context: CommandContext, args: readonly string[], options: Options) => Promise<Report>;

/**
 * Gives the command its action; the exit code is the report's, or 0.
 * @param audit the act, for a command that is one: it is put on the record.
 */
export function runAs<Options extends object>(
  command: Command,
  work: Work<Options>,
  audit?: AuditAction | ActOf<Options>,
): void {
  command.action(() => onTarget(command, work, audit));
}

/** Does the work of a command that needs no relay of this machine or of these credentials. */
export async function withoutTarget(command: Command, work: (terminal: Terminal) => Promise<Report>): Promise<void> {
  const isJson = command.opts<TargetOptions>().json ?? false;
  const report = await work(makeTerminal(isJson));
  print(report, isJson);
  process.exitCode = report.exitCode ?? 0;
}

/** Opens the relay that the command names, does its work there, prints and closes. */
export async function onTarget<Options extends object>(
  command: Command,
  work: Work<Options>,
  audit?: AuditAction | ActOf<Options>,
): Promise<void> {
  const options = command.opts<Options & TargetOptions>();
  const isJson = options.json ?? false;
  const terminal = makeTerminal(isJson);
  const stack = options.stack ?? (process.env['RELAY_STACK'] || undefined);
  const isLocalNamed = command.getOptionValueSource('data') === 'cli';
  const target = await openTarget({ ...options, ...(!isLocalNamed && stack !== undefined && { stack }) });
  try {
    const context = { target, ports: makeCommandPorts(target, terminal), terminal };
    const { reason, account } = options as { readonly reason?: string; readonly account?: string };
    const { action, changesOf } = typeof audit === 'object' ? audit : { action: audit, changesOf: undefined };
    const changes = changesOf?.(options);
    const act = action && { action, target: targetOf(action, command.args) ?? account, reason, changes };
    const run = (): Promise<Report> => work(context, command.args, options);
    const report = await (act ? auditedCommand(context.ports, act, run) : run());
    print(report, isJson);
    process.exitCode = report.exitCode ?? 0;
  } finally {
    closeClients(target.clients);
  }
}
