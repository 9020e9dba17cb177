// The directory that holds everything a local relay keeps: taken by one runtime at a time, private to its owner,
// emptied on demand. Its contents belong to the parts that write them: tables, simulator, keys, logs.
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';
import { writeWhole } from './write-whole.ts';

export interface DataDirectory {
  readonly path: string;
  file(name: string): string;
  /** The JSON value kept under a name; undefined when it is missing or unreadable. */
  read(name: string): unknown;
  write(name: string, value: unknown): void;
  release(): void;
}

const LOCK_NAME = 'lock.sqlite';
const HOLDER_NAME = 'holder.json';

/**
 * Takes the directory, and creates it if it is missing.
 * @param isFresh deletes everything in it first.
 * @throws StartError when another runtime has the directory, it cannot be written, or no runtime made it: everything in
 * it may be deleted only because a runtime made it.
 */
export function openDataDirectory(directory: string, isFresh: boolean): DataDirectory {
  const path = resolve(directory);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    refuseForeign(path);
    // At every start and not only at its creation: it holds keys, and an earlier version, a copy or an unpacked archive
    // may have left it open.
    chmodSync(path, 0o700);
    const release = lock(path);
    try {
      if (isFresh) empty(path);
      makePrivate(path);
      writeWhole(join(path, HOLDER_NAME), JSON.stringify({ pid: process.pid }));
    } catch (error) {
      release();
      throw error;
    }
    return {
      path,
      file: (name) => join(path, name),
      read: (name) => readJson(join(path, name)),
      write: (name, value) => writeWhole(join(path, name), `${JSON.stringify(value, undefined, 2)}\n`),
      release,
    };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The data directory ${directory} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * An operating-system lock on a file, through SQLite because Node has none: it ends with the process, however that
 * ends, so there are no stale locks.
 */
function lock(path: string): () => void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(path, LOCK_NAME), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const sqliteBusy = 5;
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    const { pid } = (readJson(join(path, HOLDER_NAME)) ?? {}) as { pid?: number };
    throw new StartError(
      `Another local relay runs on ${path}${pid === undefined ? '' : `, as process ${pid}`}. ` +
        'Stop it first, or give this one a directory of its own with --data.',
    );
  }
  return () => database.close();
}

function refuseForeign(path: string): void {
  const names = readdirSync(path);
  if (names.length === 0 || names.includes(LOCK_NAME)) return;
  throw new StartError(
    `The directory ${path} holds ${names[0]} and was not made by a local relay. Give a new or an empty one with --data.`,
  );
}

function empty(path: string): void {
  for (const name of readdirSync(path)) {
    if (!name.startsWith(LOCK_NAME)) rmSync(join(path, name), { recursive: true, force: true });
  }
}

/**
 * Removes the permissions of other users from everything in a directory, at every depth; links are left alone, since
 * they lead elsewhere.
 */
function makePrivate(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      chmodSync(path, 0o700);
      makePrivate(path);
    } else if (entry.isFile()) {
      chmodSync(path, statSync(path).mode & 0o700);
    }
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
