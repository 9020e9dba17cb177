// `npm run release:template`: stores the template of this release, for comparison with the next. Run it once after a
// release, on its tag; test/infra/template-upgrade.test.ts then reports what an upgrade would replace.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitoredTemplate, wholeProps } from '../lib/monitoring-report/monitored-template.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const text = JSON.stringify({ release: version, template: monitoredTemplate(wholeProps) });
writeFileSync(join(root, 'test', 'infra', 'released-template.json'), `${text}\n`);
