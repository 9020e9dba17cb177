// The lock file must survive `npm ci` on every machine: without `resolved` it holds for any registry.
// npm leaves the field out because .npmrc says so; a lock file made without that setting brings it back.

import { findLines, type HouseRule } from '../house-rule.ts';

export const lockFile: HouseRule = {
  name: 'lock-file',
  promise: 'the lock file names no address of a package',
  mend: 'Keep omit-lockfile-registry-resolved=true in .npmrc, and run `npm install --package-lock-only`.',
  find: (files) => [
    ...files
      .filter(({ path }) => path === 'package-lock.json')
      .flatMap((file) => findLines(file, /^\s*"resolved":/, () => 'has a "resolved" field')),
    ...files
      .filter(({ path, text }) => path === '.npmrc' && !/^omit-lockfile-registry-resolved=true$/m.test(text))
      .map(({ path }) => ({ path, line: 1, message: 'lacks omit-lockfile-registry-resolved=true' })),
  ],
};
