// `npm run docs:settings`: regenerates the tables of docs/settings.md from schema, defaults and comments. A test compares
// the page in the repository with its output.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withSettingTables } from './setting-tables.ts';

const path = join(import.meta.dirname, '..', 'docs', 'settings.md');
const page = withSettingTables(readFileSync(path, 'utf8'));
writeFileSync(path, await format(page, { ...(await resolveConfig(path)), filepath: path }));
