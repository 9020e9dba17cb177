import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const entry = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.mjs');
let clone: string;

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
}

/** What the entry would say in the clone on a Node of this version. */
async function missingOn(nodeVersion: string): Promise<readonly string[] | undefined> {
  const { missingLines } = (await import(entry)) as {
    missingLines: (root: string, nodeVersion: string, program: string) => readonly string[] | undefined;
  };
  return missingLines(clone, nodeVersion, 'local/start.ts');
}

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'relay-clone-'));
  cpSync(entry, join(clone, 'bin', 'run.mjs'), { recursive: true });
  put('package.json', '{ "type": "module" }');
  put('local/start.ts', 'const words: string[] = process.argv.slice(2); console.log(words.join(" "));');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

describe('the entry of a clone says what is missing', () => {
  it('sends its reader to npm ci when the packages are not installed, without a stack', () => {
    const { status, stderr } = spawnSync(process.execPath, ['bin/run.mjs', 'local/start.ts'], {
      cwd: clone,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toBe('error: The packages are not installed.\n       Run: npm ci\n');
  });

  it('names the install script that did not run when the Node of the packages is not there', async () => {
    put('node_modules/commander/package.json', '{}');
    put('node_modules/node/package.json', '{}');
    const text = (await missingOn('20.20.2'))?.join('\n');
    expect(text).toContain('This is Node 20.20.2');
    expect(text).toContain('ignore-scripts');
    expect(text).toContain('npm rebuild node --ignore-scripts=false');
  });

  it('sends its reader to npm and npx when only the wrong Node was called', async () => {
    put('node_modules/commander/package.json', '{}');
    put('node_modules/node/bin/node', '');
    expect((await missingOn('22.17.1'))?.join('\n')).toContain('npx node local/start.ts');
  });

  it.each(['22.18.0', '24.0.0'])('prints nothing on Node %s', async (version) => {
    put('node_modules/commander/package.json', '{}');
    expect(await missingOn(version)).toBeUndefined();
  });

  it('runs the program with its arguments when nothing is missing', () => {
    put('node_modules/commander/package.json', '{}');
    const { status, stdout } = spawnSync(process.execPath, ['bin/run.mjs', 'local/start.ts', '--port', '0'], {
      cwd: clone,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '--port 0\n' });
  });
});
