// The report of a run over mutants: a table by file, and each mutant that no test noticed with its change. The share
// counts as killed the mutants for which a test failed or timed out, out of those and the ones that no test noticed or
// reaches. A mutant with which a module cannot even be loaded is counted separately, since no test can take credit for
// it.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import Table from 'cli-table3';
import type { MutantResult } from '@stryker-mutator/api/core';

interface Tally {
  killed: number;
  timedOut: number;
  survived: number;
  uncovered: number;
  unloaded: number;
}

const columnOf: Partial<Record<MutantResult['status'], keyof Tally>> = {
  Killed: 'killed',
  Timeout: 'timedOut',
  Survived: 'survived',
  NoCoverage: 'uncovered',
  RuntimeError: 'unloaded',
};

/** Killed and timed-out mutants in percent of all; undefined when there was none. */
export function killedShare(mutants: readonly MutantResult[]): number | undefined {
  const { killed, timedOut, survived, uncovered } = tallyOf(mutants);
  const all = killed + timedOut + survived + uncovered;
  return all === 0 ? undefined : (100 * (killed + timedOut)) / all;
}

export function mutantTable(mutants: readonly MutantResult[], root: string): string {
  const head = ['file', 'killed', 'timed out', 'survived', 'no coverage', 'not loaded', 'killed %'];
  const drawn = new Table({ head, style: { head: [], border: [] } });
  const byFile = Map.groupBy(mutants.filter(isTried), ({ fileName }) => relative(root, fileName));
  const files = [...byFile].sort(([one], [other]) => one.localeCompare(other));
  for (const [file, ofFile] of files) drawn.push(rowOf(file, ofFile));
  drawn.push(rowOf('all', mutants));
  return drawn.toString();
}

/** A line for each surviving mutant: its place, its kind, and the code before and after. */
export function unnoticedLines(mutants: readonly MutantResult[], root: string): string[] {
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map((mutant) => {
      const { start } = mutant.location;
      const where = `${relative(root, mutant.fileName)}:${String(start.line)}:${String(start.column)}`;
      const how = mutant.status === 'NoCoverage' ? ' (no coverage)' : '';
      return `${where} ${mutant.mutatorName}${how}: ${codeOf(mutant)} → ${oneLine(mutant.replacement ?? '')}`;
    })
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

function isTried({ status }: MutantResult): boolean {
  return columnOf[status] !== undefined;
}

function tallyOf(mutants: readonly MutantResult[]): Tally {
  const tally: Tally = { killed: 0, timedOut: 0, survived: 0, uncovered: 0, unloaded: 0 };
  for (const { status } of mutants) {
    const column = columnOf[status];
    if (column) tally[column] += 1;
  }
  return tally;
}

function rowOf(name: string, mutants: readonly MutantResult[]): string[] {
  const { killed, timedOut, survived, uncovered, unloaded } = tallyOf(mutants);
  const counts = [killed, timedOut, survived, uncovered, unloaded].map(String);
  return [name, ...counts, killedShare(mutants)?.toFixed(1) ?? ''];
}

function codeOf({ fileName, location: { start, end } }: MutantResult): string {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const [first = ''] = lines;
  const last = lines.at(-1) ?? '';
  if (lines.length === 1) return oneLine(first.slice(start.column - 1, end.column - 1));
  return oneLine([first.slice(start.column - 1), ...lines.slice(1, -1), last.slice(0, end.column - 1)].join(' '));
}

function oneLine(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
