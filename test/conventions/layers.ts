// The layers gate: runs dependency-cruiser with the project's rules and reports what it found, rule by rule.
// Its own reporters repeat a rule's explanation for each import, or leave it out; this prints it once.
// The rules are in .dependency-cruiser.cjs, the proof that they fire is layer-rules.test.ts.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult, type IViolation } from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = join(import.meta.dirname, '..', '..');
export const layerConfig = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as Required<IConfiguration>;

/**
 * Cruises folders below `baseDir` with the project's rules.
 * @param baseDir the root that the rules' paths count from: the project, or a tree of fixtures that mimics it
 */
export async function findViolations(baseDir: string, folders: readonly string[]): Promise<readonly IViolation[]> {
  const { tsConfig, exclude, ...options } = layerConfig.options;
  const { output } = await cruise(
    [...folders],
    {
      ...options,
      // Fixtures are left out of the project, and are all there is in their own tree.
      ...(baseDir === root && { exclude }),
      validate: true,
      ruleSet: { forbidden: layerConfig.forbidden },
      baseDir,
    },
    undefined,
    { tsConfig: extractTsConfig(join(root, tsConfig?.fileName ?? 'tsconfig.json')) },
  );
  return (output as ICruiseResult).summary.violations;
}

/** What is broken, by rule: its name, why it is there and where imports should go instead, then the imports. */
export function tellViolations(violations: readonly IViolation[]): string {
  const names = [...new Set(violations.map(({ rule }) => rule.name))];
  return names
    .map((name) => {
      const comment = layerConfig.forbidden.find((rule) => rule.name === name)?.comment ?? '';
      const imports = violations.filter(({ rule }) => rule.name === name).map(importOf);
      return [`${name}: ${comment}`, ...imports.map((line) => `    ${line}`)].join('\n');
    })
    .join('\n');
}

function importOf({ from, to, cycle }: IViolation): string {
  return cycle ? [from, ...cycle.map(({ name }) => name)].join(' → ') : from === to ? from : `${from} → ${to}`;
}

if (import.meta.main) {
  const violations = await findViolations(root, process.argv.slice(2));
  if (violations.length > 0) console.log(tellViolations(violations));
  process.exitCode = violations.length > 0 ? 1 : 0;
}
