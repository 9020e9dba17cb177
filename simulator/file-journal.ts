// The simulator's memory on disk: one JSON entry per line, appended with one write each, so that a killed process has
// lost nothing it reported (the operating system keeps what was written; a power cut is not covered).
// simulator-state.ts defines the entries. One process at a time.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { applyEntry, compactEntries, newState } from './simulator-state.ts';
import type { SimulatorJournal } from './simulator-ports.ts';
import type { JournalEntry } from './simulator-state.ts';

interface FileJournal extends SimulatorJournal {
  close(): void;
}

/**
 * Opens `simulator.jsonl` in a directory, which is created if missing, and compacts it.
 * @throws Error when a line in the middle is unreadable: a kill does not leave a file like that, and a start that
 *   skips lines would report wrong payments.
 */
export function openFileJournal(dataDir: string): FileJournal {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'simulator.jsonl');
  const state = newState();
  for (const entry of readEntries(path)) applyEntry(state, entry);
  const entries = [...compactEntries(state)];

  // Compacting also drops a torn last line, to which the next entry would otherwise be appended. The rename makes it
  // all or nothing.
  const freshPath = `${path}.new`;
  writeFileSync(freshPath, entries.map(toLine).join(''));
  renameSync(freshPath, path);
  const file = openSync(path, 'a');
  let open = true;
  return {
    // There is no other writer, so a second read returns nothing.
    read: async () => entries.splice(0),
    append(entry) {
      // After close a late timer may still try to write; the next start repeats that work.
      if (open) writeWhole(file, Buffer.from(toLine(entry)));
      return true;
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

/** A journal that dies with the process. */
export function memoryJournal(): FileJournal {
  return { read: async () => [], append: () => true, close: () => {} };
}

function readEntries(path: string): JournalEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n');
  // After the last line break there is nothing, or the part of a line that a kill left: never reported, so never
  // happened.
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as JournalEntry;
    } catch (cause) {
      throw new Error(`${path}: line ${index + 1} is unreadable; delete the file to begin with an empty account`, {
        cause,
      });
    }
  });
}

function toLine(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
