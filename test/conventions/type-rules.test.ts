import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import prettier from 'prettier';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { markedLines } from './breaks-markers.ts';
import { walkedPaths } from './repository-files.ts';

const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, 'fixtures', 'types');

/** Compiler options that are a rule for developers; the others say how, not what. */
const rules = [
  'allowImportingTsExtensions',
  'erasableSyntaxOnly',
  'exactOptionalPropertyTypes',
  'isolatedModules',
  'noFallthroughCasesInSwitch',
  'noImplicitOverride',
  'noImplicitReturns',
  'noUncheckedIndexedAccess',
  'strict',
  'verbatimModuleSyntax',
];

function optionsOf(file: string): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(join(root, file), (path) => ts.sys.readFile(path)) as {
    config: unknown;
    error?: ts.Diagnostic;
  };
  expect(error).toBeUndefined();
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return { ...options, incremental: false, tsBuildInfoFile: undefined, types: [] };
}

/** Errors as `line TS1234`, by file. */
function typeErrors(configFile: string, folder: string): Record<string, string[]> {
  const files = walkedPaths(folder).filter((path) => /\.tsx?$/.test(path));
  const program = ts.createProgram(
    files.map((path) => join(folder, path)),
    optionsOf(configFile),
  );
  const found = new Map(files.map((path) => [path, new Set<string>()]));
  for (const { file, start, code } of ts.getPreEmitDiagnostics(program)) {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    found.get(file ? relative(folder, file.fileName) : '')?.add(`${line} TS${code}`);
  }
  return Object.fromEntries([...found].map(([path, errors]) => [path, [...errors].sort()]));
}

/** Markers name the error and, in brackets, the option that makes it one. */
function marked(folder: string) {
  return Object.fromEntries(
    walkedPaths(folder).map((path) => [
      path,
      markedLines(readFileSync(join(folder, path), 'utf8')).map((mark) => mark.replace(/ \(\w+\)$/, '')),
    ]),
  );
}

describe('the compiler refuses what the house rules forbid', () => {
  it('finds everywhere just the errors that the markers name', () => {
    expect(typeErrors('tsconfig.json', join(fixtures, 'everywhere'))).toEqual(marked(join(fixtures, 'everywhere')));
  });

  it('is stricter about optional properties in functions', () => {
    expect(typeErrors('tsconfig.functions.json', join(fixtures, 'functions'))).toEqual(
      marked(join(fixtures, 'functions')),
    );
  });

  it('has a bad line for every option that is a rule, and the option is on', () => {
    const texts = walkedPaths(fixtures).map((path) => readFileSync(join(fixtures, path), 'utf8'));
    const proven = new Set(
      texts.flatMap((text) => [...text.matchAll(/\/\/ breaks: .*\((\w+)\)$/gm)].map(([, name]) => name)),
    );
    const options = optionsOf('tsconfig.functions.json');
    expect(rules.filter((name) => !proven.has(name) && name !== 'allowImportingTsExtensions')).toEqual([]);
    expect(rules.filter((name) => options[name] !== true)).toEqual([]);
  });
});

describe('the layout of code is settled by Prettier', () => {
  it('refuses a file that is not formatted by the rules, and can fix it', async () => {
    const path = join(root, 'lib', 'badly-laid-out.ts');
    const options = { ...(await prettier.resolveConfig(path)), filepath: path };
    expect(options).toMatchObject({ printWidth: 120, singleQuote: true });
    const bad = readFileSync(join(fixtures, '..', 'format', 'badly-laid-out.ts'), 'utf8');
    expect(await prettier.check(bad, options)).toBe(false);
    expect(await prettier.check(await prettier.format(bad, options), options)).toBe(true);
  });
});
