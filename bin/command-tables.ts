// The tables of all commands and options in docs/command-line.md, made from the commands themselves: a part of the page
// between two marks. Each command's file in cli/ defines its name and options.
import { makeRelayCommand } from '../cli/relay-command.ts';
import type { Command, Option } from 'commander';

const [BEGIN, END] = ['<!-- commands -->', '<!-- /commands -->'];

/** @throws Error for a page without both marks. */
export function withCommandTables(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/command-line.md has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n\n${commandTables(makeRelayCommand())}\n\n${END}${after}`;
}

function commandTables(program: Command): string {
  const commands = leavesOf(program);
  return [
    table(
      ['command', 'does'],
      commands.map((command) => [code(usageOf(command)), command.description()]),
    ),
    table(['option', 'of', 'meaning'], optionRows(commands)),
  ].join('\n\n');
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** The command as typed after `npm run relay --`: `accounts set <account>`. */
function usageOf(command: Command): string {
  const inputs = command.registeredArguments.map((input) =>
    input.required ? `<${input.name()}>` : `[${input.name()}]`,
  );
  return [nameOf(command), ...inputs].join(' ');
}

/** Its name after those of its parent commands. */
function nameOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/** An option of several commands is listed once, with their names; one of all commands at the end. */
function optionRows(commands: readonly Command[]): readonly (readonly string[])[] {
  const owners = new Map<string, { readonly option: Option; readonly names: string[] }>();
  for (const command of commands) {
    for (const option of command.options) {
      const key = `${option.flags} ${option.description}`;
      const known = owners.get(key) ?? { option, names: [] };
      known.names.push(nameOf(command));
      owners.set(key, known);
    }
  }
  const rows = [...owners.values()].map(({ option, names }) => ({
    option,
    names,
    isOfAll: names.length === commands.length,
  }));
  return rows
    .toSorted((one, other) => Number(one.isOfAll) - Number(other.isOfAll))
    .map(({ option, names, isOfAll }) => [
      code(option.flags),
      isOfAll ? 'all' : names.map(code).join(', '),
      meaningOf(option),
    ]);
}

function meaningOf({ description, defaultValue }: Option): string {
  const isTold = defaultValue === undefined || typeof defaultValue === 'boolean' || description.includes('default');
  return isTold ? description : `${description} (default: ${String(defaultValue)})`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, titles.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
