// `npm run docs:monitoring`: regenerates docs/monitoring.md from the stack, through lib/monitoring-report. A test
// compares the page in the repository with its output.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { monitoringPage } from '../lib/monitoring-report/monitoring-page.ts';

const path = join(import.meta.dirname, '..', 'docs', 'monitoring.md');
writeFileSync(path, await format(monitoringPage(), { ...(await resolveConfig(path)), filepath: path }));
