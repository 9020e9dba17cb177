// Plays the rows of load-rows.ts, two at once, and prints each figure beside its bound. Progress goes to standard error,
// the table to standard output.
import Table from 'cli-table3';
import { figuresOf } from './load-figures.ts';
import { loadRows } from './load-rows.ts';
import type { LoadReport } from './load-world.ts';
import type { LoadRow } from './load-rows.ts';

/** Each world uses one processor. */
const AT_ONCE = 2;

interface RowsOptions {
  /** A part of the names of the rows to play; all where it is absent. */
  readonly named?: string | undefined;
  readonly isJson: boolean;
}

interface Figure {
  readonly row: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  readonly isMet: boolean;
}

/** @returns whether every figure keeps its bound. */
export async function reportRows({ named = '', isJson }: RowsOptions): Promise<boolean> {
  const wanted = loadRows.filter(({ name }) => name.includes(named));
  const compared = loadRows.filter(({ name }) => wanted.some(({ against }) => against === name));
  const rows = [...new Set([...compared, ...wanted])];
  if (rows.length === 0) {
    const names = loadRows.map(({ name }) => `  ${name}`).join('\n');
    throw new Error(`No row has "${named}" in its name. The rows are:\n${names}`);
  }
  const reports = await playAll(rows);
  const figures = rows.flatMap((row) => boundedFigures(row, reports));
  process.stdout.write(isJson ? `${JSON.stringify(figures)}\n` : `${tableOf(figures)}\n`);
  return figures.every(({ isMet }) => isMet);
}

async function playAll(rows: readonly LoadRow[]): Promise<ReadonlyMap<string, LoadReport>> {
  const reports = new Map<string, LoadReport>();
  const left = [...rows];
  const playNext = async (): Promise<void> => {
    for (let row = left.shift(); row !== undefined; row = left.shift()) {
      const beganAt = Date.now();
      reports.set(row.name, await figuresOf(row.plan));
      const seconds = ((Date.now() - beganAt) / 1_000).toFixed(0);
      process.stderr.write(`${reports.size} of ${rows.length}: ${row.name}, ${seconds} s\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playNext));
  return reports;
}

function boundedFigures(row: LoadRow, reports: ReadonlyMap<string, LoadReport>): readonly Figure[] {
  const report = reports.get(row.name);
  if (!report) return [];
  const figures = row.bounds.map(({ name, unit, of, least, most }) =>
    figure(row.name, name, unit, of(report), least, most),
  );
  const usual = row.against === undefined ? undefined : reports.get(row.against);
  if (!usual) return figures;
  const lost = Math.max(0, (usual.busyShare - report.busyShare) * report.windowSeconds);
  return [...figures, figure(row.name, 'capacity lost', 's', lost, undefined, row.lostSecondsMost)];
}

function figure(
  row: string,
  name: string,
  unit: string,
  value: number,
  least: number | undefined,
  most: number | undefined,
): Figure {
  const isMet = value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  return { row, name, unit, value, least, most, isMet };
}

function tableOf(figures: readonly Figure[]): string {
  const table = new Table({ head: ['row', 'figure', 'measured', 'bound', ''], style: { head: [], border: [] } });
  let last = '';
  for (const { row, name, unit, value, least, most, isMet } of figures) {
    const bound = least === undefined ? `≤ ${most ?? ''} ${unit}` : `≥ ${least} ${unit}`;
    table.push([
      row === last ? '' : row,
      name,
      `${shown(value)} ${unit}`.trim(),
      bound.trim(),
      isMet ? 'met' : 'MISSED',
    ]);
    last = row;
  }
  return table.toString();
}

function shown(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}
