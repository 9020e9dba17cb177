// No package registry by name: npm, pip and Maven take theirs from the user's own settings, and a mirror
// that one machine uses would break every other. The lock file is covered by lock-file's rule.

import { findLines, type HouseRule } from '../house-rule.ts';

const known = [
  String.raw`registry\.npmjs\.(?:org|com)`,
  String.raw`registry\.yarnpkg\.com`,
  String.raw`npm\.pkg\.github\.com`,
  String.raw`pypi\.org/simple`,
  String.raw`files\.pythonhosted\.org`,
  String.raw`repo1?\.maven\.(?:apache\.)?org`,
  String.raw`proxy\.golang\.org`,
];
/** The usual names of mirrors, anywhere in a file. */
const mirror = String.raw`(?:[\w-]+\.)*(?:npm|pypi|maven)?-?(?:registry|artifactory|nexus|verdaccio|devpi|mirrors?)(?:\.[\w-]+)+(?=[:/])`;
const registryHost = new RegExp(`(?:https?:)?//(?:${mirror})|(?:${known.join('|')})`);

export const registryHosts: HouseRule = {
  name: 'registry-hosts',
  promise: 'no tracked file names a package registry',
  mend: "Leave the registry to the user's npm, pip or Maven settings.",
  find: (files) => files.flatMap((file) => findLines(file, registryHost, ([host]) => `names ${host}`)),
};
