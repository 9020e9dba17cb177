// The shape of one house rule: a pure function from the texts of the repository to what is wrong in them.
// Rules are in rules/, one a file; house-rules.ts lists them, house-rules.test.ts runs them on this repository
// and on their fixtures. What ESLint, dependency-cruiser, tsc or Prettier can tell is not a rule here.

/** One file of the repository. `path` is relative to its root, with forward slashes; `text` is '' for binary files. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** One place where a rule is broken; `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface HouseRule {
  /** Kebab-case, also the name of the folder of its fixtures. */
  readonly name: string;
  /** What holds when the rule is kept, as a sentence: the name of its test. */
  readonly promise: string;
  /** What to do when it is broken. */
  readonly mend: string;
  readonly find: (files: readonly RepositoryFile[]) => Finding[];
}

/** Every line of a file that matches, as findings. */
export function findLines(
  { path, text }: RepositoryFile,
  pattern: RegExp,
  message: (match: RegExpExecArray) => string,
): Finding[] {
  return text.split('\n').flatMap((content, index) => {
    const match = pattern.exec(content);
    return match ? [{ path, line: index + 1, message: message(match) }] : [];
  });
}
