// The command line as a whole: its commands, the answer to a wrong one, and how failures are printed.
// Each command's own file defines what it does; add-command.ts finds the relay that it works on.
import { Command, CommanderError } from 'commander';
import colours from 'picocolors';
import { CommandFailure, exitCodes } from './command-failure.ts';
import { explained } from './deployed-target.ts';
import { refusedAct } from './refused-act.ts';
import { relayVersion } from './relay-version.ts';
import { addAccountCommands } from './commands/account-commands.ts';
import { addEndpointCommands } from './commands/endpoint-commands.ts';
import { addFailureCommand } from './commands/failure-command.ts';
import { addCompletionCommand } from './commands/completion-command.ts';
import { addAuditCommand } from './commands/audit-command.ts';
import { addDeadLetterCommands } from './commands/dead-letter-commands.ts';
import { addDoctorCommand } from './commands/doctor-command.ts';
import { addEnvCommand } from './commands/env-command.ts';
import { addSpendCommand } from './commands/spend-command.ts';
import { addGateCommands } from './commands/gate-commands.ts';
import { addInitCommand } from './commands/init-command.ts';
import { addKeyCommands } from './commands/key-commands.ts';
import { addListenCommand } from './commands/listen-command.ts';
import { addOutputCommands } from './commands/output-commands.ts';
import { addSecretCommands } from './commands/secret-commands.ts';
import { addSettingsCommand } from './commands/settings-command.ts';
import { addSimulatorCommands } from './commands/simulator-commands.ts';
import { addJobCommands } from './commands/job-commands.ts';
import { addTaskCommands } from './commands/task-commands.ts';

const HELP = `
Which relay: --stack NAME (or RELAY_STACK) for a deployed one, with your AWS credentials, NAME/PREFIX where a stack
has several; else the one that \`npm start\` runs on this machine, found by its data directory (--data, or RELAY_DATA).

Exit codes: 0 done, 1 could not be done, 2 wrong command line, 3 not there.

Examples:
  $ npm run relay -- init --stack get3w-relay
  $ npm run relay -- doctor
  $ npm run relay -- tasks list --status failed --json`;

export function makeRelayCommand(): Command {
  const program = new Command('relay')
    .description('Runs a Get3W Relay: its key, its accounts, its tasks, its gate.')
    .version(relayVersion(), '-V, --version', 'prints the version of this command line')
    .showHelpAfterError('(--help lists the commands and options)')
    .addHelpText('after', HELP)
    .exitOverride();
  addInitCommand(program);
  addDoctorCommand(program);
  addEnvCommand(program);
  addSettingsCommand(program);
  addSecretCommands(program);
  addAccountCommands(program);
  addKeyCommands(program);
  addTaskCommands(program);
  addEndpointCommands(program);
  addListenCommand(program);
  addFailureCommand(program);
  addJobCommands(program);
  addOutputCommands(program);
  addGateCommands(program);
  addAuditCommand(program);
  addSpendCommand(program);
  addDeadLetterCommands(program);
  addSimulatorCommands(program);
  addCompletionCommand(program);
  return program;
}

/** Runs one command line and sets the exit code of the process. Never throws. */
export async function runRelayCommand(args: readonly string[]): Promise<void> {
  const isJson = args.includes('--json');
  // `relay … | head` closes the pipe when it has enough lines: this is not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.done);
  });
  const program = makeRelayCommand();
  if (isJson) silence(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = tell(error, isJson);
  }
}

/** With `--json` errors are JSON too, so commander must not print its own texts. */
function silence(command: Command): void {
  command.configureOutput({ outputError: () => {} }).showHelpAfterError(false);
  for (const child of command.commands) silence(child);
}

function tell(thrown: unknown, isJson: boolean): number {
  if (thrown instanceof CommanderError) {
    // Help and version come this way too, and are not errors.
    if (thrown.exitCode === 0) return exitCodes.done;
    if (isJson)
      write({ message: thrown.message.replace(/^error: /, ''), advice: '--help lists the commands and options.' });
    return exitCodes.usage;
  }
  const error = refusedAct(explained(thrown));
  if (error instanceof CommandFailure) {
    const { message, advice, exitCode } = error;
    if (isJson) write({ message, advice });
    else process.stderr.write(`${colours.red('error:')} ${message}\n${advice}\n`);
    return exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (isJson) write({ message: error instanceof Error ? `${error.name}: ${error.message}` : text, advice: null });
  else process.stderr.write(`${colours.red('error:')} ${text}\n`);
  return exitCodes.failed;
}

function write(error: { readonly message: string; readonly advice: string | null }): void {
  return void process.stderr.write(`${JSON.stringify({ error })}\n`);
}
