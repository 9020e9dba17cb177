import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint, type Linter } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';
import { markedLines } from './breaks-markers.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, 'fixtures', 'lint');
const configFile = join(root, 'eslint.config.js');

function restriction(message: string) {
  return /\[([\w-]+)\]$/.exec(message)?.[1];
}

/** `eqeqeq`, or for restrictions of our own `no-restricted-syntax[clock-is-a-port]`. */
function ruleOf({ ruleId, message, fatal }: Linter.LintMessage) {
  if (fatal) return `cannot be read: ${message}`;
  if (ruleId === null) return 'unused-disable';
  return restriction(message) ? `${ruleId}[${restriction(message)}]` : ruleId;
}

/** Every rule the configuration turns on anywhere, restrictions by their own names. */
async function configuredRules(): Promise<string[]> {
  const { default: config } = (await import(configFile)) as { default: Linter.Config[] };
  const names = config.flatMap(({ rules = {} }) =>
    Object.entries(rules).flatMap(([name, setting]) => {
      const options: unknown[] = Array.isArray(setting) ? setting : [setting];
      if (options[0] === 'off') return [];
      if (!name.startsWith('no-restricted')) return [name];
      return options.slice(1).map((option) => `${name}[${restriction((option as { message: string }).message)}]`);
    }),
  );
  return [...new Set(names)].sort();
}

describe('every lint rule fires on its bad line and on no other', () => {
  let results: ESLint.LintResult[];

  beforeAll(async () => {
    // With the fixtures as its root, the real configuration sees them as bin/, lib/, functions/, local/ and test/.
    results = await new ESLint({ cwd: fixtures, overrideConfigFile: configFile }).lintFiles(['.']);
  });

  it('finds on each line of the fixtures just the rules that the marker before it names', () => {
    const relative = (path: string) => path.slice(fixtures.length + 1);
    const found = results.map(({ filePath, messages }) => [
      relative(filePath),
      [...new Set(messages.map((message) => `${message.line} ${ruleOf(message)}`))].sort(),
    ]);
    const marked = results.map(({ filePath }) => [relative(filePath), markedLines(readFileSync(filePath, 'utf8'))]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(marked));
  });

  it('has a bad line for every rule that is configured', async () => {
    const fired = new Set(results.flatMap(({ messages }) => messages.map(ruleOf)));
    const unproven = (await configuredRules()).filter((rule) => !fired.has(rule));
    expect(unproven, 'add a bad line for these to test/conventions/fixtures/lint').toEqual([]);
  });

  it('names every restriction, so that fixtures and comments can cite it', async () => {
    expect((await configuredRules()).filter((rule) => rule.endsWith('[undefined]'))).toEqual([]);
  });
});
