// `npm run docs:monitoring`: writes docs/monitoring.md anew from the stack. What stands in it is monitoring-page.ts's.
// A test compares the page in the repository with what this would write.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { monitoringPage } from '../lib/monitoring-report/monitoring-page.ts';

const path = join(import.meta.dirname, '..', 'docs', 'monitoring.md');
writeFileSync(path, await format(monitoringPage(), { ...(await resolveConfig(path)), filepath: path }));
