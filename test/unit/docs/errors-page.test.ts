// The faults of the relay itself in docs/errors.md against their closed set in the code. The table of Get3W's errors has its
// test in test/unit/core/error-catalogue.test.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

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
