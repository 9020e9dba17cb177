// `npm run check`: format, lint, types and layers side by side, with a summary that says what to do.
// `npm run check:lint` and its like run one of them. The steps themselves are in check-steps.ts, the house rules
// that no tool knows are tests beside this file and run in `npm test`.

import { join } from 'node:path';
import { stepsOf, reportOf, runStep } from './check-steps.ts';

const root = join(import.meta.dirname, '..', '..');
const steps = stepsOf(root);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));

if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const chosen = steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const results = await Promise.all(chosen.map((step) => runStep(step, root)));
console.log(reportOf(results));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
