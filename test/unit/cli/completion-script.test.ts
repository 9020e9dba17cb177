// The script for bash, run in bash as the shell itself runs it: it calls the function with the words of the line, and
// offers what COMPREPLY then holds.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript, shells } from '../../../cli/completion-script.ts';
import { makeRelayCommand } from '../../../cli/relay-command.ts';

const bashScript = completionScript(makeRelayCommand(), 'bash');

/** What bash offers for a line; its last word is the one that is being typed. */
function offered(line: string): readonly string[] {
  const words = line.split(' ');
  const run = [
    bashScript,
    'complete -p relay',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`,
    `_relay; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const [first, ...rest] = execFileSync('bash', ['-c', run], { encoding: 'utf8' }).trimEnd().split('\n');
  expect(first).toBe('complete -o default -F _relay relay');
  return rest.filter((word) => word !== '');
}

describe('the completion of bash', () => {
  it('offers the commands, and those of a group', () => {
    expect(offered('relay ')).toEqual(expect.arrayContaining(['doctor', 'tasks', 'jobs', 'completion', '--version']));
    expect(offered('relay end')).toEqual(['endpoints']);
    expect(offered('relay jobs ')).toEqual(['cancel', 'retry', 'replay', 'list', 'show', 'stop', '--help']);
  });

  it('offers the options of the command alone, also after others', () => {
    expect(offered('relay tasks cancel --mo')).toEqual(['--model']);
    expect(offered('relay tasks cancel --model vendor/* --yes --s')).toEqual(['--stack', '--status', '--since']);
    expect(offered('relay gate show --model')).toEqual([]);
  });

  it('offers the words that an option or an argument takes, and nothing where any text may stand', () => {
    expect(offered('relay tasks list --status wa')).toEqual(['waiting']);
    expect(offered('relay completion ')).toEqual(expect.arrayContaining([...shells]));
    expect(offered('relay dead-letters list --queue ')).toContain('deliver');
    expect(offered('relay tasks list --account ')).toEqual([]);
  });
});

describe('each script', () => {
  it.each(shells)('of %s has every command and every option of the command line', (shell) => {
    const script = completionScript(makeRelayCommand(), shell);
    for (const text of [' tasks cancel', ' endpoints recover --since', '--correlation-id', ' completion']) {
      expect(script).toContain(text);
    }
    expect(script.match(/undefined|\[object/)).toBeNull();
  });
});
