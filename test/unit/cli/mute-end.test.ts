// When a mute of `relay failures mute` ends, from the words that are typed: the options' parsers and the reader of their values
// must agree on what a time is.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { muteEnd } from '../../../cli/commands/failure-command.ts';
import { makeRelayCommand } from '../../../cli/relay-command.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const HOUR_MS = 3_600_000;

// The options' parsers ask the clock for what lies `2h` ago.
beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** The options of `failures mute` as the command gets them. */
function typed(...words: readonly string[]): Parameters<typeof muteEnd>[0] {
  const failures = makeRelayCommand().commands.find((command) => command.name() === 'failures');
  const mute = failures?.commands.find((command) => command.name() === 'mute');
  mute?.parseOptions([...words]);
  return mute?.opts() ?? expect.unreachable('there is no such command');
}

it.each([
  [['--for', '2h'], NOW + 2 * HOUR_MS],
  [['--until', '2026-11-29T13:00:00Z'], NOW + HOUR_MS],
  [['--until', '2026-12-01'], NOW + 36 * HOUR_MS],
])('a mute ends when it is told to: %j', (words, end) => {
  expect(muteEnd(typed(...words), NOW)).toBe(end);
});

it.each([
  [[], 'Nothing says when'],
  [['--for', '2h', '--until', '2026-12-01'], 'Only one of'],
  [['--until', '2026-11-29T11:00:00Z'], 'cannot end then'],
  [['--until', '2h'], 'cannot end then'],
])('a mute has one end, and it lies ahead: %j', (words, message) => {
  expect(() => muteEnd(typed(...words), NOW)).toThrow(message);
});
