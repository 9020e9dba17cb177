import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../../../local/data-directory.ts';

let path: string;
beforeEach(() => void (path = join(mkdtempSync(join(tmpdir(), 'relay-data-')), 'data')));
afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

const modulePath = join(import.meta.dirname, '..', '..', '..', 'local', 'data-directory.ts');

let holders: ChildProcess[] = [];
afterEach(() => {
  for (const holder of holders) holder.kill('SIGKILL');
  holders = [];
});

/** Another process that has the directory, until it is killed. It keeps what it opened, or the lock is collected. */
async function holdElsewhere() {
  const script = `const { openDataDirectory } = await import(${JSON.stringify(modulePath)});
    globalThis.held = openDataDirectory(${JSON.stringify(path)}, false); console.log('held'); setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('the data directory of a local relay', () => {
  it('is made when missing, for its owner alone, and keeps what is written', () => {
    const data = openDataDirectory(path, false);
    data.write('keys.json', { a: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(data.file('keys.json')).mode & 0o777).toBe(0o600);
    data.release();
    const again = openDataDirectory(path, false);
    expect(again.read('keys.json')).toEqual({ a: 1 });
    expect(again.read('nothing.json')).toBeUndefined();
    again.release();
  });

  it('is closed to all others with everything in it when it existed and was open', () => {
    openDataDirectory(path, false).release();
    mkdirSync(join(path, 'logs', 'old'), { recursive: true });
    writeFileSync(join(path, 'logs', 'old', 'any.log'), '');
    writeFileSync(join(path, 'run.sh'), '');
    const outside = join(path, '..', 'outside.txt');
    writeFileSync(outside, '');
    symlinkSync(outside, join(path, 'link'));
    for (const name of ['', 'logs', 'logs/old', 'run.sh']) chmodSync(join(path, name), 0o777);
    for (const name of ['logs/old/any.log', 'lock.sqlite']) chmodSync(join(path, name), 0o666);
    chmodSync(outside, 0o644);
    openDataDirectory(path, false).release();
    const mode = (name: string): string => (statSync(join(path, name)).mode & 0o777).toString(8);
    expect(['', 'logs', 'logs/old', 'run.sh', 'logs/old/any.log', 'lock.sqlite'].map(mode)).toEqual([
      ...['700', '700', '700', '700', '600', '600'],
    ]);
    expect((statSync(outside).mode & 0o777).toString(8)).toBe('644');
  });

  it('keeps the rights of a directory that it refuses', () => {
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'ten years');
    chmodSync(path, 0o755);
    expect(() => openDataDirectory(path, false)).toThrow('thesis.txt');
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  it('is refused to a second runtime, which learns who has it, and is free once that process was killed', async () => {
    const holder = await holdElsewhere();
    expect(() => openDataDirectory(path, false)).toThrow(`as process ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    openDataDirectory(path, false).release();
  });

  it('is emptied by a fresh start', () => {
    const data = openDataDirectory(path, false);
    data.write('keys.json', {});
    mkdirSync(data.file('logs'));
    writeFileSync(join(data.file('logs'), 'any.log'), '');
    data.release();
    const fresh = openDataDirectory(path, true);
    expect(readdirSync(path).filter((name) => !name.startsWith('lock.'))).toEqual(['holder.json']);
    fresh.release();
  });

  it('is refused when it contains what no relay made, fresh or not', () => {
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'ten years');
    expect(() => openDataDirectory(path, false)).toThrow('thesis.txt');
    expect(() => openDataDirectory(path, true)).toThrow('thesis.txt');
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });

  it('a path that cannot be a directory is refused in a sentence', () => {
    writeFileSync(path, '');
    expect(() => openDataDirectory(path, false)).toThrow(/The data directory .* cannot be used/);
  });
});
