// Holds docs/architecture.md's table of who may import whom to .dependency-cruiser.cjs, both ways: what the table allows
// no rule forbids, and what no rule forbids the table allows. Each word of the table stands for one import, which the
// rules are asked about; that the rules themselves fire is layer-rules.test.ts's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layerConfig } from './layers.ts';

const root = join(import.meta.dirname, '..', '..');

/** What each word of the column "may import" means: the paths or packages that it allows. */
const imports: Readonly<Record<string, string>> = {
  'the task': 'core/domain/task/task.ts',
  'numbers of the domain': 'core/domain/limits.ts',
  'the error catalogue': 'core/domain/error-catalogue.ts',
  'time units': 'core/domain/time-ms.ts',
  contract: 'core/contract/routes.ts',
  ports: 'core/ports/ports.ts',
  http: 'core/http/answer.ts',
  flows: 'core/flows/apply-event.ts',
  'service-client': 'core/adapters/service-client.ts',
  'the store': 'core/adapters/dynamodb/dynamo-store.ts',
  middleware: 'core/middleware/http-handler.ts',
  'other stages': 'functions/settle/settle-attempt.ts',
  lib: 'lib/relay-table.ts',
  simulator: 'simulator/simulator-engine.ts',
  'runtime-file': 'local/runtime-file.ts',
  'local servers': 'local/relay-runtime.ts',
  console: 'console/source/main.tsx',
  cli: 'cli/relay-command.ts',
  bin: 'bin/app.ts',
  bench: 'bench/load.ts',
  test: 'test/support/sample-task.ts',
  SDK: 'node_modules/@aws-sdk/client-sqs/dist/index.js',
  CDK: 'node_modules/aws-cdk-lib/index.js',
  middy: 'node_modules/@middy/core/index.js',
  zod: 'node_modules/zod/index.js',
  preact: 'node_modules/preact/index.js',
  'Swagger UI': 'node_modules/swagger-ui-dist/swagger-ui.css',
  'types of the AI SDK': 'node_modules/@ai-sdk/provider/dist/index.d.ts',
  'other packages': 'node_modules/commander/index.js',
  'node:crypto': 'crypto',
  'the rest of Node': 'fs',
};

/** Words of the table that stand for several others. */
const groups: Readonly<Record<string, readonly string[]>> = {
  domain: ['the task', 'numbers of the domain', 'the error catalogue', 'time units'],
  adapters: ['service-client', 'the store'],
  local: ['runtime-file', 'local servers'],
  core: ['domain', 'contract', 'ports', 'http', 'flows', 'adapters', 'middleware'],
  packages: ['SDK', 'CDK', 'middy', 'zod', 'preact', 'Swagger UI', 'types of the AI SDK', 'other packages'],
  Node: ['node:crypto', 'the rest of Node'],
};

/** Rows of the table: a file that stands for each, and what "itself" means there. */
const rows: Readonly<Record<string, { readonly file: string; readonly itself: string }>> = {
  'core/domain': { file: 'core/domain/account.ts', itself: 'domain' },
  'core/contract': { file: 'core/contract/items.ts', itself: 'contract' },
  'core/ports': { file: 'core/ports/places.ts', itself: 'ports' },
  'core/http': { file: 'core/http/public-task.ts', itself: 'http' },
  'core/flows': { file: 'core/flows/steer-gate.ts', itself: 'flows' },
  'core/adapters': { file: 'core/adapters/json-log.ts', itself: 'adapters' },
  'core/middleware': { file: 'core/middleware/sqs-batch.ts', itself: 'middleware' },
  "a stage's flow": { file: 'functions/api/submit-task.ts', itself: '' },
  "a stage's handler": { file: 'functions/api/handler.ts', itself: '' },
  lib: { file: 'lib/relay-stack.ts', itself: 'lib' },
  simulator: { file: 'simulator/simulated-task.ts', itself: 'simulator' },
  console: { file: 'console/source/tasks/task-table.tsx', itself: 'console' },
  'packages/client': { file: 'packages/client/source/relay-client.ts', itself: '' },
  cli: { file: 'cli/relay-target.ts', itself: 'cli' },
  local: { file: 'local/start.ts', itself: 'local' },
};

type Pattern = string | readonly string[] | undefined;

function matches(pattern: Pattern, text: string, captured: readonly string[] = []): boolean {
  return [pattern ?? []]
    .flat()
    .some((one) => new RegExp(one.replace(/\$(\d)/g, (_, index) => captured[Number(index)] ?? '')).test(text));
}

/** The rules of .dependency-cruiser.cjs that forbid one import; hygiene (cycles, dead files) is not about layers. */
function forbiddenBy(from: string, to: string): string[] {
  const isNode = !to.includes('/') && !to.includes('.');
  return layerConfig.forbidden.flatMap((rule) => {
    const source = rule.from as { path?: Pattern; pathNot?: Pattern };
    const target = ('to' in rule ? rule.to : {}) as { path?: Pattern; pathNot?: Pattern };
    if (target.path === undefined && target.pathNot === undefined) return [];
    if ('reachable' in target || 'dependencyTypesNot' in target || ('dependencyTypes' in target && !isNode)) return [];
    if (source.path !== undefined && !matches(source.path, from)) return [];
    if (matches(source.pathNot, from)) return [];
    const captured = [source.path ?? ''].flat().flatMap((one) => [...(new RegExp(one).exec(from) ?? [])]);
    const isMeant =
      (target.path === undefined || matches(target.path, to, captured)) && !matches(target.pathNot, to, captured);
    return isMeant ? [rule.name ?? 'unnamed'] : [];
  });
}

function expanded(word: string): string[] {
  return (groups[word] ?? []).flatMap(expanded).concat(word in imports ? [word] : []);
}

function wordsIn(cell: string, itself: string): string[] {
  const words = cell.split(',').map((word) => word.trim().replaceAll('`', ''));
  return words.map((word) => (word === 'itself' ? itself : word)).filter((word) => word !== '');
}

function tableRows(): Map<string, string> {
  const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const [, after = ''] = page.split(/^\| from +\| may import.*\n\|[-| ]+\n/m);
  const [table = ''] = after.split(/\n\n/);
  return new Map(
    table.split('\n').flatMap((line) => {
      const [, names = '', may = ''] = line.split('|').map((cell) => cell.trim());
      return names.split(', ').map((name): [string, string] => [name, may]);
    }),
  );
}

describe('the table of who may import whom', () => {
  const table = tableRows();

  it('has a row for each layer and for nothing else', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(rows).sort());
  });

  for (const [name, { file, itself }] of Object.entries(rows)) {
    it(`allows ${name} just what .dependency-cruiser.cjs allows it`, () => {
      const words = wordsIn(table.get(name) ?? '', itself);
      expect(words.filter((word) => !(word in imports) && !(word in groups))).toEqual([]);
      const allowed = Object.keys(imports).filter((word) => forbiddenBy(file, imports[word] ?? '').length === 0);
      expect([...new Set(words.flatMap(expanded))].sort()).toEqual(allowed.sort());
    });
  }
});
