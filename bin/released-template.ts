// `npm run release:template`: writes down the template of this release, as the one that the next is compared with. To be
// run once after a release, on its tag; test/infra/template-upgrade.test.ts says what would be replaced since.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitoredTemplate, wholeProps } from '../lib/monitoring-report/monitored-template.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const text = JSON.stringify({ release: version, template: monitoredTemplate(wholeProps) });
writeFileSync(join(root, 'test', 'infra', 'released-template.json'), `${text}\n`);
