// `relay completion`: prints the script by which a shell completes commands, options and their words. It needs no relay.
import { Argument } from 'commander';
import { addCommand, withoutTarget } from '../add-command.ts';
import { completionScript, shells } from '../completion-script.ts';
import type { Command } from 'commander';
import type { Shell } from '../completion-script.ts';

export function addCompletionCommand(program: Command): void {
  const command = addCommand(program, 'completion', 'Prints the script that completes commands in a shell.', [
    'completion bash > relay-completion.bash && source relay-completion.bash',
    'completion zsh > ~/.zfunc/_relay',
  ]).addArgument(new Argument('<shell>', 'of yours').choices(shells));
  command.action((shell: Shell) =>
    withoutTarget(command, async () => {
      const script = completionScript(program, shell);
      return { value: { shell, script }, text: script.trimEnd() };
    }),
  );
}
