// `node bin/run.mjs local/start.ts …`: runs one of our TypeScript programs, or reports what it lacks to run. Plain
// JavaScript for every Node from version 14 on, because it is used before `npm ci` and on any Node. npm puts the Node
// 24 of the packages first on the path of its scripts, so this file runs on an older one only if that Node could not be
// installed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The first Node that runs TypeScript without a flag: major and minor version. */
const firstWithTypes = [22, 18];

/** @returns the lines of the message, or undefined when nothing is missing. */
export function missingLines(root, nodeVersion, program) {
  const hasPackages = existsSync(join(root, 'node_modules', 'commander', 'package.json'));
  if (!hasPackages) return ['The packages are not installed.', 'Run: npm ci'];
  if (!existsSync(join(root, program))) return [`${program} does not exist.`, 'Run a script of package.json: npm run'];
  if (runsTypeScript(nodeVersion)) return undefined;
  const brings = join(root, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(brings)) {
    return [
      `This is Node ${nodeVersion}; the relay's programs need the Node that came with the packages.`,
      `Run it as a script of npm (npm start, npm run relay), or as: npx node ${program}`,
    ];
  }
  return [
    `This is Node ${nodeVersion}, and the Node that the packages bring was not installed:`,
    'its install script did not run, perhaps because of ignore-scripts in your npm settings.',
    `Run: npm rebuild node --ignore-scripts=false   (or use Node ${firstWithTypes.join('.')} or newer)`,
  ];
}

function runsTypeScript(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  const [firstMajor, firstMinor] = firstWithTypes;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const root = dirname(dirname(self));
  const [program = '', ...rest] = process.argv.slice(2);
  const missing = missingLines(root, process.versions.node, program);
  if (missing) {
    process.stderr.write(`error: ${missing.join('\n       ')}\n`);
    process.exit(1);
  }
  const path = join(root, program);
  // The program finds its arguments, and whether it is the main module, as if it had been called directly.
  process.argv.splice(1, process.argv.length, path, ...rest);
  import(pathToFileURL(path).href).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
