// What the command line reads and writes, without a relay: options, outputs of a stack, tables, and how AWS's refusals
// are told.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFailure } from '../../../cli/command-failure.ts';
import { explained } from '../../../cli/deployed-target.ts';
import { duration, oneOf, someOf, readWholeNumber, readWholeNumberOrNone } from '../../../cli/read-options.ts';
import { makeRelayCommand } from '../../../cli/relay-command.ts';
import { readOutputs } from '../../../cli/relay-target.ts';
import { refusalOf } from '../../../cli/commands/secret-commands.ts';
import { shortened, tableText, timeText } from '../../../cli/terminal.ts';
import type { Command } from 'commander';

describe('options', () => {
  it.each([
    ['7', 7],
    ['0', 0],
  ])('a whole number is read: %s', (text, value) => {
    expect(readWholeNumber(0, 10)(text)).toBe(value);
  });

  it.each(['', '1.5', '11', '-1', 'x', '1e1', ' 3'])(
    'a value that is not a whole number within bounds is refused: %j',
    (text) => {
      expect(() => readWholeNumber(0, 10)(text)).toThrow(/from 0 to 10/);
    },
  );

  it('a limit can be removed with a word', () => {
    expect(readWholeNumberOrNone({ min: 0, max: 9 })('none')).toBe('none');
    expect(readWholeNumberOrNone({ min: 0, max: 9 })('3')).toBe(3);
  });

  it.each([
    ['30', 30_000],
    ['30s', 30_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
  ])('a time is read: %s', (text, delayMs) => {
    expect(duration(text)).toBe(delayMs);
  });

  it.each(['soon', '', '5 m', '1w', '-3s'])('a value that is not a time is refused: %j', (text) => {
    expect(() => duration(text)).toThrow(/30s, 10m, 2h or 90d/);
  });

  it('words are from a closed list, one or several', () => {
    expect(oneOf(['a', 'b'])('b')).toBe('b');
    expect(someOf(['a', 'b'])('a, b')).toEqual(['a', 'b']);
    expect(() => someOf(['a', 'b'])('a,c')).toThrow(/one of a, b/);
  });
});

describe('the key of Get3W', () => {
  it.each(['', '  ', 'sk_a b c d e f', 'short'])('is refused when it can be none: %j', (text) => {
    expect(refusalOf(text)).toMatch(/\.$/);
  });

  it('may have a line break at its end, as files do', () => {
    expect(refusalOf('sk_0123456789\n')).toBeUndefined();
  });
});

describe('the outputs of a stack', () => {
  const outputs: Record<string, string> = {
    ...{
      ApiUrl: 'https://x.example.com/',
      ServiceName: 'relay',
      TableName: 't',
      MediaBucketName: 'm',
      Get3WKeySecretArn: 's',
    },
    ...{ AlarmTopicArn: 'a', CallbacksUrl: 'https://x.example.com/callbacks/get3w/s' },
  };
  for (const title of ['Dispatch', 'Settle', 'Deliver', 'Keep', 'Jobs']) {
    outputs[`${title}QueueUrl`] = `${title} queue`;
    outputs[`${title}DeadLettersUrl`] = `${title} dead letters`;
  }

  it('are where a command finds everything', () => {
    expect(readOutputs(outputs, 'relay')).toMatchObject({
      url: 'https://x.example.com',
      callbacksUrl: 'https://x.example.com/callbacks/get3w/s',
      queues: { settle: { url: 'Settle queue', deadLettersUrl: 'Settle dead letters' } },
      simulatorUrl: undefined,
    });
  });

  it('of some other stack are refused, with everything that is missing', () => {
    const { TableName: _table, SettleQueueUrl: _queue, ...others } = outputs;
    expect(() => readOutputs(others, 'website')).toThrow(/website is not a relay.*TableName, SettleQueueUrl/);
  });
});

describe("AWS's refusals", () => {
  const named = (name: string): Error => Object.assign(new Error('text that changes'), { name });

  it.each([
    'CredentialsProviderError',
    'ExpiredTokenException',
    'AccessDeniedException',
    'UnrecognizedClientException',
  ])('%s is reported with what to do', (name) => {
    const told = explained(named(name));
    expect(told).toBeInstanceOf(CommandFailure);
    expect((told as CommandFailure).advice).toMatch(/\.$/);
  });

  it('that were not foreseen stay as they are', () => {
    const error = named('InternalFailure');
    expect(explained(error)).toBe(error);
  });
});

describe('the version', () => {
  it('is that of the package, for --version and -V', () => {
    const manifest = readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    for (const option of ['--version', '-V']) {
      let text = '';
      const command = makeRelayCommand().configureOutput({ writeOut: (part) => void (text += part) });
      expect(() => command.parse([option], { from: 'user' })).toThrow(expect.objectContaining({ exitCode: 0 }));
      expect(text).toBe(`${version}\n`);
    }
  });
});

describe('the help', () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  const all = leaves(makeRelayCommand());

  it('is there for every command, with an example and JSON', () => {
    expect(all.length).toBeGreaterThan(15);
    for (const command of all) {
      let text = '';
      command.configureOutput({ writeOut: (part) => void (text += part) });
      command.outputHelp();
      expect(text, command.name()).toMatch(/Examples:\n {2}\$ npm run relay -- /);
      expect(text).toContain('--json');
      expect(command.description()).toMatch(/\.$/);
    }
  });
});

describe('text for people', () => {
  it('aligns columns under their titles, and says what to do when there are no rows', () => {
    const lines = tableText(
      ['Id', 'Name'],
      [
        ['1', 'one'],
        ['2', 'two'],
      ],
      '',
    ).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^1 +one$/);
    expect(tableText(['Id'], [], 'There are none.')).toBe('There are none.');
  });

  it('shortens what would break a column, and shows times in UTC', () => {
    expect(shortened('abcdef', 4)).toBe('abc…');
    expect(timeText(0)).toBe('1970-01-01 00:00:00Z');
    expect(timeText(null)).toBe('-');
  });
});
