// Breaks the relay on purpose and lets the simulation look for it: one file is changed on its way into a bundle, the
// sources stay as they are, and the bundle runs in a thread of its own.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { playRange } from './run-seeds.ts';
import type { Plugin } from 'esbuild';
import type { Mutant } from './mutants.ts';
import type { SeedRange } from './seed-worker.ts';

const root = join(import.meta.dirname, '..', '..');

/** @throws Error when the edit does not match its file exactly once. */
export function mutate(text: string, { file, find, replace }: Mutant): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times what the mutant replaces: ${find}`);
  return parts.join(replace);
}

function breaking(mutants: readonly Mutant[]): Plugin {
  return {
    name: 'mutant',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const here = mutants.filter(({ file }) => file === relative(root, path));
        if (here.length === 0) return undefined;
        return { contents: here.reduce(mutate, await readFile(path, 'utf8')), loader: 'ts' };
      });
    },
  };
}

export interface Hunted {
  /** Seeds played, the finding one included. */
  readonly seeds: number;
  readonly problem?: string | undefined;
}

/** @param mutant undefined for the relay as it is. @returns what the first so many seeds found. */
export async function huntMutant(
  mutant: Mutant | readonly Mutant[] | undefined,
  from: number,
  count: number,
): Promise<Hunted> {
  const workerData: SeedRange = { from, until: from + count, step: 1, stopsAtProblem: true };
  const worker = await brokenWorker('seed-worker.ts', mutant, workerData);
  let seeds = 0;
  let problem: string | undefined;
  await playRange(worker, (report) => {
    seeds += 1;
    problem ??= report.problems[0];
  });
  return { seeds, problem };
}

/** Starts a file of this folder as a thread, with the relay that it bundles broken. */
export async function brokenWorker(
  file: string,
  mutant: Mutant | readonly Mutant[] | undefined,
  workerData: unknown,
): Promise<Worker> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/simulation', file)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'silent',
    // The table model tells commands by the names of their classes.
    keepNames: true,
    plugins: mutant ? [breaking([mutant].flat())] : [],
  });
  return new Worker(outputFiles[0]?.text ?? '', { eval: true, workerData });
}
