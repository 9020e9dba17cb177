// Hints of other commands, as they are pasted into the shell, and what a command says that lacks some of its options.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { again, continued, typed } from '../../../cli/typed-command.ts';
import { makeRelayCommand } from '../../../cli/relay-command.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a hint', () => {
  it('is a whole command, for the relay that the running one is for', () => {
    expect(typed('keys create acc_1', ['accounts', 'create', 'x'])).toBe('npm run relay -- keys create acc_1');
    const running = [
      'tasks',
      'list',
      '--stack',
      'media/One',
      '--limit',
      '3',
      '--region=eu-central-1',
      '--data',
      "it's",
    ];
    expect(typed('tasks show ID', running)).toBe(
      String.raw`npm run relay -- tasks show ID --stack media/One --region=eu-central-1 --data 'it'\''s'`,
    );
  });

  it('of the next page is the running command itself, with another cursor', () => {
    const running = ['audit', '--action', 'task.cancel', '--cursor', 'old', '--account', 'my studio'];
    expect(continued('new', running)).toBe(
      "npm run relay -- audit --action task.cancel --account 'my studio' --cursor new",
    );
    expect(again('limit', '50', ['failures', '--limit=20', '--from', '2h'])).toBe(
      'npm run relay -- failures --from 2h --limit 50',
    );
  });
});

describe('a command that lacks options', () => {
  const refusalOf = async (...words: readonly string[]): Promise<string> => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    return makeRelayCommand()
      .parseAsync(words, { from: 'user' })
      .then(
        () => 'it ran',
        (error: unknown) => (error as Error).message,
      );
  };

  it('names all of them at once', async () => {
    const all = '--model <model>, --account <account>, --reason <text>, --for <duration> or --until <time>';
    expect(await refusalOf('failures', 'mute', '5003')).toBe(`error: the command lacks ${all}`);
    expect(await refusalOf('failures', 'mute', '5003', '--model', '*', '--for', '2h')).toBe(
      'error: the command lacks --account <account>, --reason <text>',
    );
    expect(await refusalOf('failures', 'unmute', '5003')).toBe(
      'error: the command lacks --model <model>, --account <account>',
    );
  });

  it('or gives an empty cursor is refused before it begins', async () => {
    for (const after of ['', ' ']) {
      expect(await refusalOf('listen', '--forward-to', 'http://127.0.0.1:9', '--after', after)).toContain(
        'It must be a cursor that an earlier run printed; leave it out to begin now.',
      );
    }
  });
});
