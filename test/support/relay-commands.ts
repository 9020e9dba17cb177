// The command line of the relay, run as a program of its own as its users run it. The caller chooses the relay, and the
// tests say what its answers should be.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const script = join(import.meta.dirname, '..', '..', 'bin', 'relay.ts');

export interface RelayCommands {
  run(args: readonly string[], input?: string): Promise<CommandResult>;
  /** With `--json`: what it printed, parsed; fails unless it ended with 0. */
  json<Value = unknown>(args: readonly string[], input?: string): Promise<Value>;
}

/** @param target arguments that name the relay: `--data DIR` or `--stack NAME`. */
export function relayCommands(target: readonly string[]): RelayCommands {
  const run = async (args: readonly string[], input = ''): Promise<CommandResult> => {
    // What the caller's shell has set must not decide which relay is meant.
    const { RELAY_STACK: _stack, RELAY_DATA: _data, GET3W_API_KEY: _key, ...environment } = process.env;
    const child = spawn(process.execPath, [script, ...args, ...target], {
      env: { ...environment, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(input);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { exitCode, stdout, stderr };
  };
  return {
    run,
    json: async <Value>(args: readonly string[], input?: string) => {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], input);
      if (exitCode !== 0) throw new Error(`relay ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
      return JSON.parse(stdout) as Value;
    },
  };
}
