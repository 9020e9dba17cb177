// `npm run check`: format, lint, types and layers side by side, with a summary that says what to do.
// `npm run check:lint` and its like run one of them. The gates themselves are in gates.ts, the house rules
// that no tool knows are tests beside this file and run in `npm test`.

import { join } from 'node:path';
import { gatesOf, reportOf, runGate } from './gates.ts';

const root = join(import.meta.dirname, '..', '..');
const gates = gatesOf(root);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !gates.some((gate) => gate.name === name));

if (unknown.length > 0) {
  console.error(`There is no gate ${unknown.join(', ')}; there are ${gates.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const chosen = gates.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const results = await Promise.all(chosen.map((gate) => runGate(gate, root)));
console.log(reportOf(results));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
