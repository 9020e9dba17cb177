// `relay env`: a relay's address, and a local relay's key, as a line for a shell. With it, the lines of README and docs
// that use $URL and $KEY can be pasted. A deployed relay shows a key only once, when it is made.
import { addCommand, runAs } from '../add-command.ts';
import type { Command } from 'commander';

/** A quote within single quotes: close them, write an escaped quote, open them again. */
const ESCAPED_QUOTE = `'\\''`;

function exportLine(values: Readonly<Record<string, string>>): string {
  const quoted = Object.entries(values).map(([name, value]) => `${name}='${value.replaceAll("'", ESCAPED_QUOTE)}'`);
  return `export ${quoted.join(' ')}`;
}

export function addEnvCommand(program: Command): void {
  return runAs(
    addCommand(program, 'env', 'Prints the line that sets $URL, and $KEY for a local relay, in a shell.', [
      'env',
      'env --stack get3w-relay',
    ]).addHelpText('after', '  $ eval "$(npm run --silent relay -- env)"'),
    ({ target: { url, localKey } }) => {
      const values = { URL: url, ...(localKey !== undefined && { KEY: localKey }) };
      const note = localKey === undefined ? "\n# KEY: a key is shown once, by 'keys create ACCOUNT'" : '';
      return Promise.resolve({ value: values, text: `${exportLine(values)}${note}` });
    },
  );
}
