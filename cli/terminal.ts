// Where the command line prints: results to standard output, as a table or as JSON, everything else to standard error,
// so that a result can always be piped and holds nothing else.
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import colours from 'picocolors';
import { cutText } from '../core/domain/cut-text.ts';
import type { ActResult } from '../core/flows/audited.ts';
import type { ExitCode } from './command-failure.ts';

/** The result of a command, in both of its forms. */
export interface Report {
  /** Printed as JSON with `--json`. */
  readonly value: unknown;
  readonly text: string;
  readonly exitCode?: ExitCode | undefined;
  /** What the audit log says of an act that was not just done. */
  readonly act?: ActResult;
  /** The command has printed its result itself, as it came. */
  readonly isPrinted?: true;
}

export interface Terminal {
  readonly isJson: boolean;
  /** Whether a person can be asked. */
  readonly isInteractive: boolean;
  /** Progress, for a person: never with `--json`. */
  note(text: string): void;
  /** A bar for work whose amount is known; silent without a terminal. */
  progress(what: string, total: number): { advance(by: number): void; stop(): void };
}

export function makeTerminal(isJson: boolean): Terminal {
  const isWatched = !isJson && process.stderr.isTTY;
  return {
    isJson,
    isInteractive: !isJson && process.stdin.isTTY && process.stdout.isTTY,
    note: (text) => void (isJson || process.stderr.write(`${text}\n`)),
    progress: (what, total) => {
      if (!isWatched || total === 0) return { advance: () => {}, stop: () => {} };
      const bar = new SingleBar({ format: `${what} {bar} {value}/{total}`, stream: process.stderr, hideCursor: true });
      bar.start(total, 0);
      let seen = 0;
      const advance = (by: number): void => {
        seen += by;
        // What was counted may have stopped short of what there is.
        if (seen > bar.getTotal()) bar.setTotal(seen);
        bar.update(seen);
      };
      return { advance, stop: () => bar.stop() };
    },
  };
}

export function print(report: Report, isJson: boolean): void {
  if (report.isPrinted) return;
  process.stdout.write(`${isJson ? JSON.stringify(report.value, undefined, 2) : report.text}\n`);
}

const plain = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Columns under their titles, without lines: easy to read and to cut with `awk`. */
export function tableText(titles: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const table = new Table({
    head: titles.map((title) => colours.dim(title)),
    chars: plain,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Names and values below one another, without undefined ones. */
export function factsText(facts: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${value}`).join('\n');
}

/** `2026-11-22 16:40:03Z`: UTC, with its mark; a dash for none. */
export function timeText(at: number | string | null | undefined): string {
  return at === null || at === undefined ? '-' : new Date(at).toISOString().slice(0, 19).replace('T', ' ') + 'Z';
}

/** A moment that is kept by the hour alone: `2026-11-29 08:00Z, within the hour`. @param at when the hour begins. */
export function withinHourText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z, within the hour`;
}

/** Cut to the width of a column. */
export function shortened(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${cutText(text, charsMax - 1)}…`;
}
