// The steps of `npm run check`: what each runs, and what to do when it fails.
// They are child processes of the tools' own command lines, so that a step finds what the tool alone would.
// check.ts runs them and reports; the configuration files say what the tools check.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  readonly name: string;
  /** Arguments of Node, one list a command; they run one after the other and all of them run. */
  readonly commands: readonly (readonly string[])[];
  /** What to do when the step fails, as a sentence. */
  readonly fix: string;
}

interface StepResult {
  readonly step: Step;
  readonly passed: boolean;
  readonly durationMs: number;
  /** Everything the commands printed, to either stream. */
  readonly output: string;
}

const PRETTIER = 'node_modules/prettier/bin/prettier.cjs';
const ESLINT = 'node_modules/eslint/bin/eslint.js';
const TSC = 'node_modules/typescript/bin/tsc';
/** dependency-cruiser, reported rule by rule. */
const LAYERS = 'test/conventions/layers.ts';

/** Folders of code, those that are there. */
function codeFolders(root: string): string[] {
  return [
    'bin',
    'cli',
    'core',
    'lib',
    'functions',
    'local',
    'simulator',
    'console',
    'bench',
    'examples',
    'packages',
    'test',
    'checks',
  ].filter((folder) => existsSync(join(root, folder)));
}

/** The programs that tsc checks: everything, functions once more and stricter, console and client with the browser's. */
function typePrograms(root: string): string[] {
  return ['tsconfig.json', 'tsconfig.functions.json', 'console/tsconfig.json', 'packages/client/tsconfig.json'].filter(
    (file) => existsSync(join(root, file)),
  );
}

export function stepsOf(root: string): Step[] {
  return [
    {
      name: 'format',
      commands: [
        [
          PRETTIER,
          '--check',
          '--log-level=warn',
          '--cache',
          '--cache-location=node_modules/.cache/prettier/check',
          '.',
        ],
      ],
      fix: '`npm run check:fix` lays the files out.',
    },
    {
      name: 'lint',
      commands: [[ESLINT, '--max-warnings=0', '.']],
      fix: '`npx eslint --fix .` mends some; each of the others names its rule, eslint.config.js has the reason.',
    },
    {
      name: 'types',
      commands: typePrograms(root).map((file) => [TSC, '--project', file, '--pretty', 'false']),
      fix: 'Mend the types; functions/ is also checked with exactOptionalPropertyTypes.',
    },
    {
      name: 'layers',
      commands: [[LAYERS, ...codeFolders(root)]],
      fix: 'Each rule above says where the import should go; the table is in docs/architecture.md.',
    },
  ];
}

/** Runs one step to its end. Never rejects: a command that cannot start is a step that failed. */
export async function runStep(step: Step, root: string): Promise<StepResult> {
  const started = performance.now();
  let output = '';
  let passed = true;
  for (const command of step.commands) {
    const { code, text } = await runNode(command, root);
    passed &&= code === 0;
    output += text;
  }
  return { step, passed, durationMs: performance.now() - started, output };
}

function runNode(command: readonly string[], cwd: string): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, text: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code, text: Buffer.concat(chunks).toString('utf8') }));
  });
}

/** The report of a run: the output of what failed, then a line for each step, then what to do. */
export function reportOf(results: readonly StepResult[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const line = ({ step, passed, durationMs }: StepResult) =>
    `  ${passed ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(8)} ${(durationMs / 1000).toFixed(1).padStart(5)} s`;
  return [
    ...failed.flatMap(({ step, output }) => [`──── ${step.name} ────`, output.trim(), '']),
    ...results.map(line),
    ...(failed.length > 0 ? ['', ...failed.map(({ step }) => `To fix ${step.name}: ${step.fix}`)] : []),
  ].join('\n');
}
