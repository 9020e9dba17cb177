// The command line of the relay, run as a program of its own as its users run it. The caller chooses the relay, and the
// tests say what its answers should be.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const script = join(import.meta.dirname, '..', '..', 'bin', 'relay.ts');

/** A command that goes on until it is interrupted, or has done its work. */
interface RunningCommand {
  /** What it has printed so far: results, and what it says to a person. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ctrl-C. */
  interrupt(): void;
  readonly ended: Promise<CommandResult>;
}

export interface RelayCommands {
  start(args: readonly string[], input?: string): RunningCommand;
  run(args: readonly string[], input?: string): Promise<CommandResult>;
  /** With `--json`: what it printed, parsed; fails unless it ended with 0. */
  json<Value = unknown>(args: readonly string[], input?: string): Promise<Value>;
}

/** @param target arguments that name the relay: `--data DIR` or `--stack NAME`. */
export function relayCommands(target: readonly string[]): RelayCommands {
  const start = (args: readonly string[], input = ''): RunningCommand => {
    // What the caller's shell has set must not decide which relay is meant.
    const { RELAY_STACK: _stack, RELAY_DATA: _data, GET3W_API_KEY: _key, ...environment } = process.env;
    const child = spawn(process.execPath, [script, ...args, ...target], {
      env: { ...environment, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (part: string) => void (stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => void (stderr += part));
    child.stdin.end(input);
    const ended = new Promise<CommandResult>((resolve) => {
      child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
    });
    return { stdout: () => stdout, stderr: () => stderr, interrupt: () => void child.kill('SIGINT'), ended };
  };
  const run = (args: readonly string[], input?: string): Promise<CommandResult> => start(args, input).ended;
  return {
    start,
    run,
    json: async <Value>(args: readonly string[], input?: string) => {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], input);
      if (exitCode !== 0) throw new Error(`relay ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
      return JSON.parse(stdout) as Value;
    },
  };
}
