// A limit that a page states is the one that is enforced: CONTRIBUTING's sentences against house-limits.ts, and what
// documents say of `?sync=true` against core/domain/limits.ts. A sentence that is gone is found as well.

import { limits } from '../../../core/domain/limits.ts';
import { houseLimits } from '../house-limits.ts';
import type { Finding, HouseRule, RepositoryFile } from '../house-rule.ts';

interface Statement {
  readonly page: RegExp;
  /** Its groups are the stated numbers, in digits or, up to twelve, in words. */
  readonly says: RegExp;
  readonly numbers: readonly number[];
  /** Whether a page without the sentence is a fault too. */
  readonly isDemanded: boolean;
}

const words = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const tens: Readonly<Record<string, number>> = { fifty: 50, sixty: 60, seventy: 70 };

const statements: readonly Statement[] = [
  {
    page: /^CONTRIBUTING\.md$/,
    says: /a file has (\w+) lines at most, a test file (\w+), a function (\w+)/,
    numbers: [houseLimits.fileLines, houseLimits.testFileLines, houseLimits.functionLines],
    isDemanded: true,
  },
  {
    page: /^CONTRIBUTING\.md$/,
    says: /has (\w+) ways through it at most/,
    numbers: [houseLimits.complexity],
    isDemanded: true,
  },
  {
    page: /^CONTRIBUTING\.md$/,
    says: /a file opens with (\w+) to (\w+) lines/,
    numbers: [houseLimits.headerLinesMin, houseLimits.headerLinesMax],
    isDemanded: true,
  },
  {
    page: /^CONTRIBUTING\.md$/,
    says: /in a file above (\w+) lines one in (\w+) is demanded/,
    numbers: [houseLimits.shortFileLines, houseLimits.linesPerComment],
    isDemanded: true,
  },
  {
    page: /^README\.md$|^docs\/[\w-]+\.md$/,
    says: /`\?sync=true`[^.\n]*?(\d+) (?:s|seconds)\b/,
    numbers: [limits.syncWaitMs / 1_000],
    isDemanded: false,
  },
];

export const statedLimits: HouseRule = {
  name: 'stated-limits',
  promise: 'the limits that pages state are those that are enforced',
  mend: 'Correct the page, or the number in test/conventions/house-limits.ts or core/domain/limits.ts.',
  find: (files) =>
    statements.flatMap((statement) =>
      files.filter(({ path }) => statement.page.test(path)).flatMap((file) => falseIn(file, statement)),
    ),
};

function falseIn({ path, text }: RepositoryFile, { says, numbers, isDemanded }: Statement): Finding[] {
  const stated = text.split('\n').flatMap((content, index) => {
    const match = says.exec(content);
    return match ? [{ line: index + 1, given: match.slice(1).map(numberOf) }] : [];
  });
  if (stated.length === 0) return isDemanded ? [{ path, line: 1, message: `states nowhere: ${says.source}` }] : [];
  return stated
    .filter(({ given }) => given.join() !== numbers.join())
    .map(({ line, given }) => ({
      path,
      line,
      message: `states ${given.join(', ')}, enforced is ${numbers.join(', ')}`,
    }));
}

function numberOf(word: string): number {
  const index = words.indexOf(word);
  return index >= 0 ? index : (tens[word] ?? Number(word));
}
