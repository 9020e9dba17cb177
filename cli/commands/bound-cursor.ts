// The cursor of a list whose span is so long ago: `--from 2h` is another time when the next page is asked for, and a page
// of another list would leave tasks out or show them twice. So the cursor carries the span that its first page had.
import { CommandFailure, exitCodes } from '../command-failure.ts';
import type { TaskFilter } from '../../core/ports/ports.ts';
import type { SpanOptions } from './task-filter-options.ts';

/** No cursor of a store has one. */
const MARK = '~';
const RADIX = 36;

type Span = Pick<TaskFilter, 'fromMs' | 'toMs'>;

function isMoving({ from, since = from, to }: SpanOptions): boolean {
  return since?.isAgo === true || to?.isAgo === true;
}

/** The cursor to print. */
export function bindCursor(cursor: string, options: SpanOptions, { fromMs, toMs }: Span): string {
  if (!isMoving(options)) return cursor;
  return [cursor, ...[fromMs, toMs].map((at) => at?.toString(RADIX) ?? '')].join(MARK);
}

/**
 * The filter with the store's cursor, and the span of the first page.
 * @throws CommandFailure for the cursor of a list with another span.
 */
export function unbindCursor<Filter extends Span>(
  text: string | undefined,
  options: SpanOptions,
  asked: Filter,
): Filter & { readonly cursor?: string } {
  if (text === undefined) return asked;
  const [cursor = '', from, to] = text.split(MARK);
  if ((from !== undefined) !== isMoving(options)) throw foreignCursor();
  if (from === undefined) return { ...asked, cursor };
  const span = { fromMs: edgeOf(from), toMs: edgeOf(to ?? '') };
  const { from: first, since = first, to: last } = options;
  const isSame = fits(since?.isAgo, span.fromMs, asked.fromMs) && fits(last?.isAgo, span.toMs, asked.toMs);
  if (!isSame) throw foreignCursor();
  return { ...asked, ...span, cursor };
}

/** An edge that moves is as it was; one that does not must be given again as it was. */
function fits(isAgo: boolean | undefined, bound: number | undefined, asked: number | undefined): boolean {
  return isAgo === true ? bound !== undefined : bound === asked;
}

function edgeOf(text: string): number | undefined {
  if (text === '') return undefined;
  const at = /^[\da-z]{1,11}$/.test(text) ? Number.parseInt(text, RADIX) : Number.NaN;
  if (Number.isSafeInteger(at)) return at;
  throw foreignCursor();
}

export function foreignCursor(): CommandFailure {
  const advice = 'Repeat the options of the list that printed it, or begin without --cursor.';
  return new CommandFailure('The cursor is not one of this list.', advice, exitCodes.usage);
}
