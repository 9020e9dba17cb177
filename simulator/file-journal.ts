// The simulator's memory on disk: one JSON entry a line, appended with one write each, so that a killed process has
// lost nothing it told of (the operating system keeps what was written; a power cut is not guarded against). What the
// entries mean is simulator-state.ts. One process at a time.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { applyEntry, compactEntries, newState } from './simulator-state.ts';
import type { SimulatorJournal } from './simulator-ports.ts';
import type { JournalEntry } from './simulator-state.ts';

export interface FileJournal extends SimulatorJournal {
  close(): void;
}

/**
 * Opens `simulator.jsonl` in a directory, which is made when missing, and compacts it.
 * @throws Error when a line in the middle is unreadable: then the file was not left so by a kill, and a start that
 *   skips lines would lie about what was paid.
 */
export function openFileJournal(dataDir: string): FileJournal {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'simulator.jsonl');
  const state = newState();
  for (const entry of readEntries(path)) applyEntry(state, entry);
  const entries = [...compactEntries(state)];

  // Compacting also drops a torn last line, to which the next entry would otherwise be glued. The rename makes it all
  // or nothing.
  const freshPath = `${path}.new`;
  writeFileSync(freshPath, entries.map(toLine).join(''));
  renameSync(freshPath, path);
  const file = openSync(path, 'a');
  let open = true;
  return {
    // There is nobody else who writes, so that a second read has nothing to tell.
    read: async () => entries.splice(0),
    append(entry) {
      // After close a late timer may still want to write; the next start does that work again.
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
  // After the last line break there is either nothing or what a kill left of a line: never told, so never happened.
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
