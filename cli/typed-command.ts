// A command as a person pastes it into the shell: the one way in which hints of other commands are written. It goes to the same
// relay as the command that prints it. The package replaces `npm run relay --` when it is built.

const targetOption = /^--(stack|region|data)(=|$)/;

/** @param command without `relay`, such as `accounts list`. @param args the command line that is running. */
export function typed(command: string, args: readonly string[] = process.argv.slice(2)): string {
  return [`npm run relay -- ${command}`, ...targetWords(args).map(quoted)].join(' ');
}

/** The command that is running, with the next page of its list. */
export function continued(cursor: string, args?: readonly string[]): string {
  return again('cursor', cursor, args);
}

/** The command that is running, with another value of one option. */
export function again(option: string, value: string, args: readonly string[] = process.argv.slice(2)): string {
  const isOption = (word: string | undefined): boolean => word === `--${option}`;
  const others = args.filter(
    (word, index) => !isOption(word) && !word.startsWith(`--${option}=`) && !isOption(args[index - 1]),
  );
  return ['npm run relay --', ...[...others, `--${option}`, value].map(quoted)].join(' ');
}

function targetWords(args: readonly string[]): readonly string[] {
  return args.flatMap((word, index) => {
    const [, , equals] = targetOption.exec(word) ?? [];
    if (equals === undefined) return [];
    return equals === '=' ? [word] : [word, args[index + 1] ?? ''];
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
