// `npm run docs:states`: writes the tables of states in docs/architecture.md anew from the state machines' code.
// A test compares the page in the repository with what this would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withStateTables } from './state-tables.ts';

const path = join(import.meta.dirname, '..', 'docs', 'architecture.md');
const page = withStateTables(readFileSync(path, 'utf8'));
writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
