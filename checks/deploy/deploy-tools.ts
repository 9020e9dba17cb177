// The tools of a deployment as a user calls them: the CDK command line, the relay's own, Vitest. Each is a separate
// program, with an environment that leads to the emulator and nowhere else.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface ToolResult {
  readonly exitCode: number | null;
  /** Both streams, in the order of their output. */
  readonly output: string;
  readonly stdout: string;
}

export interface Tools {
  /** @throws Error with the end of its output when its exit code is not 0, unless `mayFail`. */
  run(program: string, args: readonly string[], options?: ToolOptions): Promise<ToolResult>;
  cdk(...args: readonly string[]): Promise<ToolResult>;
  /** Runs the relay's command line on the stack; returns its JSON. */
  relay<Value = unknown>(args: readonly string[], input?: string): Promise<Value>;
}

interface ToolOptions {
  readonly input?: string;
  readonly mayFail?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Shows its output at once. */
  readonly isLoud?: boolean;
}

const root = join(import.meta.dirname, '..', '..');
/** For every Node of the deploy test, including functions. */
export const nodeOptions = `--import ${pathToFileURL(join(import.meta.dirname, 'localhost-names.ts')).href}`;
const TAIL_CHARS = 4_000;

export function makeTools(environment: Readonly<Record<string, string>>, stackName: string): Tools {
  const run: Tools['run'] = async (program, args, options = {}) => {
    const { GET3W_API_KEY: _key, RELAY_STACK: _stack, ...inherited } = process.env;
    const child = spawn(program, args, {
      cwd: root,
      env: {
        ...inherited,
        ...environment,
        PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
        NODE_OPTIONS: nodeOptions,
        NO_COLOR: '1',
        // The emulator answers neither.
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...options.environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(options.input ?? '');
    let [output, stdout] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (options.isLoud) process.stdout.write(chunk);
      });
    }
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (exitCode !== 0 && !options.mayFail) {
      throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${output.slice(-TAIL_CHARS)}`);
    }
    return { exitCode, output, stdout };
  };
  return {
    run,
    cdk: (...args) => run('cdk', [...args, '--no-notices'], { mayFail: false }),
    relay: async <Value>(args: readonly string[], input?: string) => {
      const command = ['bin/relay.ts', ...args, '--stack', stackName, '--json'];
      const { stdout } = await run('node', command, input === undefined ? {} : { input });
      return JSON.parse(stdout) as Value;
    },
  };
}
