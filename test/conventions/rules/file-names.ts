// Names of files and folders of code: kebab-case, and no name that says nothing of what is inside.
// Whether a file's name fits its content is named-after-export's question.

import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';

const code = /\.(ts|tsx|js|cjs|mjs|css|py|sh)$/;
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
/** Python's own convention, and a package's files are imported by these names. */
const snake = /^[a-z0-9_]+\.py$/;
const saysNothing = /^(utils?|common|types?|helpers?|shared|misc|stuff)$/;

export const fileNames: HouseRule = {
  name: 'file-names',
  promise: 'files and folders of code are named in kebab-case after what they are',
  mend: 'Rename it after its main export. `utils`, `common`, `types`, `helpers`, `shared` and `index` say nothing.',
  find: (files) => files.filter(({ path }) => code.test(path)).flatMap(nameFindings),
};

function nameFindings({ path }: RepositoryFile): Finding[] {
  const findings: Finding[] = [];
  const parts = path.split('/');
  const file = parts.at(-1) ?? path;
  const report = (message: string) => findings.push({ path, line: 1, message });
  for (const folder of parts.slice(0, -1)) {
    if (!kebab.test(folder.replace(/^\./, ''))) report(`the folder ${folder} is not in kebab-case`);
    if (saysNothing.test(folder)) report(`the folder name ${folder} says nothing`);
  }
  if (!kebab.test(file.replace(/^\./, '')) && !snake.test(file)) report(`${file} is not in kebab-case`);
  const base = file.split('.')[0] ?? file;
  if (saysNothing.test(base)) report(`the name ${base} says nothing`);
  if (/^index\.[cm]?[jt]sx?$/.test(file)) report('an index file is a barrel or a riddle');
  return findings;
}
