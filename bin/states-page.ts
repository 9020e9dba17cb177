// `npm run docs:states`: regenerates the tables of states in docs/architecture.md from the state machines' code. A test
// compares the page in the repository with its output.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withStateTables } from './state-tables.ts';

const path = join(import.meta.dirname, '..', 'docs', 'architecture.md');
const page = withStateTables(readFileSync(path, 'utf8'));
writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
