// No path of one machine in a tracked file: it is wrong everywhere else, and reveals what it should not.
// Temporary folders come from os.tmpdir(), the project's own from import.meta.dirname.

import { findLines, type HouseRule } from '../house-rule.ts';

const roots = ['home', 'root', 'Users', 'tmp', 'work', 'workspace', 'mnt', 'opt', 'private', 'var/folders'];
/** A root at the start of a path, not inside a URL, a route or a relative path. */
const machinePath = new RegExp(
  String.raw`(?<![\w.\-)}/:*])(?:file://)?/(?:${roots.join('|')})/[\w.-]+|\b[A-Z]:\\Users\\`,
);
/** What Lambda itself promises its functions and layers. */
const lambdaPath = /\/opt\/(extensions|nodejs)\b/;

export const machinePaths: HouseRule = {
  name: 'machine-paths',
  promise: 'no tracked file names a path of one machine',
  mend: 'Use os.tmpdir(), import.meta.dirname, or a path relative to the repository.',
  find: (files) =>
    files.flatMap((file) =>
      findLines(file, machinePath, ([path]) => `names ${path}`).filter(({ message }) => !lambdaPath.test(message)),
    ),
};
