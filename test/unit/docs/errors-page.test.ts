// The faults of the relay itself in docs/errors.md against their closed set in the code. The table of Get3W's errors has its
// test in test/unit/core/error-catalogue.test.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownRefusals } from '../../../core/domain/error-catalogue.ts';

const root = join(import.meta.dirname, '..', '..', '..');

it('the faults of the relay itself are all in the documentation, and no others', () => {
  const source = readFileSync(join(root, 'core', 'domain', 'relay-error.ts'), 'utf8');
  const union = /RelayErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
  const codes = [...union.matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code);
  const section = readFileSync(join(root, 'docs', 'errors.md'), 'utf8').split('## Faults of the relay itself')[1] ?? '';
  const told = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  expect(told).toEqual(codes);
});

it('the refusals that have texts of their own are all in the documentation, word for word, and no others', () => {
  const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  const [, section = ''] = page.split('## What the relay itself answers')[1]?.split("for a key's scope:") ?? [];
  const [table = ''] = section.split('The relay checks before');
  const told = [...table.matchAll(/^\| (\d+) +\| `(.+?)` +\| (.*?) +\|$/gm)].map((row) => row.slice(1));
  const expected = Object.values(ownRefusals).map(({ status, text }) => [String(status), text]);
  expect(told.map((row) => row.slice(0, 2))).toEqual(expected);
  for (const [, text, when = ''] of told) expect(when.length, text).toBeGreaterThan(10);
});
