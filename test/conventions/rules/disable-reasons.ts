// A rule may be switched off for a line, never without saying why: `// eslint-disable-next-line x -- reason`.
// ESLint itself reports the ones that excuse nothing.

import type { HouseRule } from '../house-rule.ts';
import { isScript, parseCode } from '../parsed-code.ts';

export const disableReasons: HouseRule = {
  name: 'disable-reasons',
  promise: 'a rule that is switched off says why, and for one line only',
  mend: 'Write `// eslint-disable-next-line rule-name -- why it does not apply here`.',
  find: (files) =>
    files
      .filter(({ path }) => isScript(path))
      .flatMap((file) =>
        parseCode(file)
          .comments.filter(({ text }) => /^\s*(eslint-disable|prettier-ignore)/.test(text))
          .filter(({ text }) => !/^\s*(eslint-disable-(next-)?line [@\w/, -]+|prettier-ignore) -- \S+ \S+/.test(text))
          .map(({ startLine }) => ({
            path: file.path,
            line: startLine,
            message: 'switches a rule off without a rule name, a reason, or for a whole file',
          })),
      ),
};
