// The script by which a shell completes `relay`: made from the commands themselves, so that it knows each of them, its options
// and the words that an option or an argument takes. Where any text may stand, the shell offers names of files.
import { wordsOf } from './read-options.ts';
import type { Argument, Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Place {
  /** The commands so far, each after a space: ` tasks list`. */
  readonly at: string;
  /** What may stand there. */
  readonly words: readonly string[];
}

interface Tree {
  /** Every command and group of commands. */
  readonly places: readonly Place[];
  /** What may stand behind an option; nothing for one that takes any text. */
  readonly values: readonly Place[];
}

function treeOf(command: Command, at = ''): Tree {
  const below = command.commands.map((child) => treeOf(child, `${at} ${child.name()}`));
  const options = command.options.filter(({ long }) => long);
  const words = [
    ...command.commands.map((child) => child.name()),
    ...command.registeredArguments.flatMap((argument) => choicesOf(argument)),
    ...options.map(({ long }) => long ?? ''),
    '--help',
  ];
  const taking = options.filter((option) => option.required || option.optional);
  return {
    places: [{ at, words }, ...below.flatMap(({ places }) => places)],
    values: [
      ...taking.map((option) => ({ at: `${at} ${option.long ?? ''}`, words: choicesOf(option) })),
      ...below.flatMap(({ values }) => values),
    ],
  };
}

function choicesOf(input: Option | Argument): readonly string[] {
  return input.argChoices ?? wordsOf(input.parseArg) ?? [];
}

/** @param program the command line as a whole. */
export function completionScript(program: Command, shell: Shell): string {
  return writers[shell](program.name(), treeOf(program));
}

/** Nothing in the tree has a quote: names of commands, options and states. */
function quoted(texts: readonly string[], between: string): string {
  return texts.map((text) => `'${text}'`).join(between);
}

const writers: Readonly<Record<Shell, (name: string, tree: Tree) => string>> = {
  bash: (name, tree) =>
    [
      `# Completes \`${name}\` in bash. Made by \`${name} completion bash\`: make it again after an update.`,
      `_${name}() {`,
      `  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" list="" i`,
      '  COMPREPLY=()',
      '  for ((i = 1; i < COMP_CWORD; i++)); do',
      `    case "$at \${COMP_WORDS[i]}" in`,
      `      ${quoted(groupsOf(tree), '|')}) at="$at \${COMP_WORDS[i]}" ;;`,
      '    esac',
      '  done',
      ...posixCases(tree),
      '  COMPREPLY=($(compgen -W "$list" -- "$cur"))',
      '}',
      `complete -o default -F _${name} ${name}`,
      '',
    ].join('\n'),

  zsh: (name, tree) =>
    [
      `#compdef ${name}`,
      `# Completes \`${name}\` in zsh. Made by \`${name} completion zsh\`: make it again after an update.`,
      `_${name}() {`,
      `  local prev="\${words[CURRENT-1]}" at="" list="" word`,
      `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
      '    case "$at $word" in',
      `      ${quoted(groupsOf(tree), '|')}) at="$at $word" ;;`,
      '    esac',
      '  done',
      ...posixCases(tree, '_files; '),
      `  compadd -- \${=list}`,
      '}',
      `compdef _${name} ${name}`,
      '',
    ].join('\n'),

  fish: (name, tree) =>
    [
      `# Completes \`${name}\` in fish. Made by \`${name} completion fish\`: make it again after an update.`,
      `function __${name}_words`,
      '  set -l at ""',
      '  set -l tokens (commandline -opc)',
      '  for word in $tokens[2..-1]',
      '    switch "$at $word"',
      `      case ${quoted(groupsOf(tree), ' ')}`,
      '        set at "$at $word"',
      '    end',
      '  end',
      '  switch "$at $tokens[-1]"',
      ...tree.values.flatMap(({ at, words }) => [
        `    case '${at}'`,
        words.length === 0 ? '      __fish_complete_path (commandline -ct)' : `      printf '%s\\n' ${words.join(' ')}`,
        '      return',
      ]),
      '  end',
      '  switch "$at"',
      ...tree.places.flatMap(({ at, words }) => [`    case '${at}'`, `      printf '%s\\n' ${words.join(' ')}`]),
      '  end',
      'end',
      `complete -c ${name} -f -a '(__${name}_words)'`,
      '',
    ].join('\n'),
};

function groupsOf({ places }: Tree): readonly string[] {
  return places.map(({ at }) => at).filter((at) => at !== '');
}

/** Finds the words for the place, in the language that bash and zsh share. */
function posixCases({ places, values }: Tree, onText = ''): readonly string[] {
  const closed = values.filter(({ words }) => words.length > 0);
  const open = values.filter(({ words }) => words.length === 0);
  return [
    '  case "$at $prev" in',
    ...closed.map(({ at, words }) => `    '${at}') list='${words.join(' ')}' ;;`),
    `    ${quoted(
      open.map(({ at }) => at),
      '|',
    )}) ${onText}return ;;`,
    '    *)',
    '      case "$at" in',
    ...places.map(({ at, words }) => `        '${at}') list='${words.join(' ')}' ;;`),
    '      esac ;;',
    '  esac',
  ];
}
