// Versions that must not float, each with its reason beside it.
// Everything else is a range, settled by the lock file.

import type { HouseRule } from '../house-rule.ts';

/** aws-cdk 3.0.0 is an accidental publish named `latest`; it cannot read what aws-cdk-lib 2 writes (aws/aws-cdk#38113). */
const pinned: Readonly<Record<string, string>> = { 'aws-cdk': '2.1148.1' };

export const pinnedVersions: HouseRule = {
  name: 'pinned-versions',
  promise: 'the CDK command line is pinned to the version that reads our templates',
  mend: 'Write the exact version into package.json; the reason is beside it in pinned-versions.ts.',
  find: (files) =>
    files
      .filter(({ path }) => path === 'package.json')
      .flatMap(({ path, text }) => {
        const manifest = JSON.parse(text) as { devDependencies?: Record<string, string> };
        return Object.entries(pinned)
          .filter(([name, version]) => manifest.devDependencies?.[name] !== version)
          .map(([name, version]) => ({
            path,
            line: text.split('\n').findIndex((line) => line.includes(`"${name}"`)) + 1 || 1,
            message: `${name} is ${manifest.devDependencies?.[name] ?? 'missing'}, not exactly ${version}`,
          }));
      }),
};
