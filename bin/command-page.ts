// `npm run docs:commands`: regenerates the tables of commands and options in docs/command-line.md from the commands. A
// test compares the page in the repository with its output.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withCommandTables } from './command-tables.ts';

const path = join(import.meta.dirname, '..', 'docs', 'command-line.md');
const page = withCommandTables(readFileSync(path, 'utf8'));
writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
