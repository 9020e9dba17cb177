import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { withCommandTables } from '../../../bin/command-tables.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'command-line.md');

describe('the tables of commands and options in the documentation', () => {
  it('are those of the command line itself; `npm run docs:commands` writes them', async () => {
    const page = readFileSync(path, 'utf8');
    const made = await format(withCommandTables(page), { ...(await resolveConfig(path)), filepath: path });
    expect(page).toBe(made);
  });

  it('name every option that is there, those of accounts among them', () => {
    const page = withCommandTables('<!-- commands --><!-- /commands -->');
    for (const option of ['--requests <number>', '--sync-waits <number>', '--endpoints <number>', '--no-operator']) {
      expect(page).toMatch(new RegExp(`\\| \`${option}\` \\| .*\`accounts set\``));
    }
  });

  it('have their place in the page, or nothing would be compared', () => {
    expect(() => withCommandTables('no marks')).toThrow('docs/command-line.md has no <!-- commands -->');
  });
});
