import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { withStateTables } from '../../../bin/state-tables.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'architecture.md');

describe('the tables of states in the documentation', () => {
  it('are those of the code; `npm run docs:states` writes them', async () => {
    const page = readFileSync(path, 'utf8');
    const made = await format(withStateTables(page), { ...(await resolveConfig(path)), filepath: path });
    expect(page).toBe(made);
  });

  it('have their place in the page, or nothing would be compared', () => {
    expect(() => withStateTables('no marks')).toThrow('docs/architecture.md has no <!-- task-states -->');
  });
});
