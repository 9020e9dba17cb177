import { describe, expect, it } from 'vitest';
import { bindCursor, unbindCursor } from '../../../cli/commands/bound-cursor.ts';
import type { Moment } from '../../../cli/commands/task-filter-options.ts';

const HOUR_MS = 3_600_000;

function ago(at: number): Moment {
  return { at, isAgo: true };
}

function fixed(at: number): Moment {
  return { at, isAgo: false };
}

describe('the cursor of a list', () => {
  it('keeps the span of its first page, however late the next one is asked for', () => {
    const first = { fromMs: 5 * HOUR_MS, toMs: undefined };
    const printed = bindCursor('abc', { since: ago(first.fromMs) }, first);
    const later = { fromMs: 6 * HOUR_MS, toMs: undefined };
    expect(unbindCursor(printed, { from: ago(later.fromMs) }, later)).toEqual({ ...first, cursor: 'abc' });
  });

  it('is the plain one where nothing moves with the clock', () => {
    const span = { fromMs: 5 * HOUR_MS, toMs: undefined };
    expect(bindCursor('abc', { from: fixed(span.fromMs) }, span)).toBe('abc');
    expect(unbindCursor('abc', { from: fixed(span.fromMs) }, span)).toEqual({ ...span, cursor: 'abc' });
    expect(unbindCursor(undefined, {}, span)).toEqual(span);
  });

  it.each([
    ['a plain cursor with a span that moves', 'abc', { from: ago(1) }],
    ['a bound cursor without its span', 'abc~1~', {}],
    ['a bound cursor with another fixed edge', 'abc~1~9', { from: ago(1), to: fixed(8) }],
    ['a bound cursor that lacks an edge', 'abc~~9', { from: ago(1), to: fixed(9) }],
    ['letters that are no time', 'abc~1~!', { from: ago(1) }],
  ])('is refused as that of another list: %s', (_name, text, options: Parameters<typeof unbindCursor>[1]) => {
    const asked = { fromMs: options.from?.at, toMs: options.to?.at };
    expect(() => unbindCursor(text, options, asked)).toThrow('The cursor is not one of this list.');
  });
});
