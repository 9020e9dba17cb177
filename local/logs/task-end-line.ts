// One dim line on the terminal for each task that has ended, read from the wide line of its last attempt: it shows a
// newcomer that something happens, and how many attempts it took. A task that ends without an attempt is in the logs
// only.
import { wideLines } from '../../core/contract/wide-lines.ts';

interface AttemptLine {
  readonly message?: string;
  readonly next?: string;
  readonly isLate?: boolean;
  readonly model?: string;
  readonly taskId?: string;
  readonly attempt?: number;
  readonly code?: string;
  readonly sinceSubmitMs?: number;
}

const ended = wideLines.attempt.message;
const ends = new Set(['completed', 'failed', 'cancelled']);

/** `16:40:03 completed after 3 attempts, 6.2 s: simulator/5003.5003.0/text-to-image 0198…`; undefined for other lines. */
export function taskEndLine(text: string, at: Date): string | undefined {
  // Most lines are others, so parsing each would be wasted.
  if (!text.includes(ended)) return undefined;
  const line = parsed(text);
  return line?.message === ended && !line.isLate && ends.has(line.next ?? '') ? endText(line, at) : undefined;
}

function endText(line: AttemptLine, at: Date): string {
  const { next = '', model, taskId, attempt = 1, code, sinceSubmitMs } = line;
  const attempts = attempt === 1 ? '1 attempt' : `${attempt} attempts`;
  const took = sinceSubmitMs === undefined ? '' : `, ${(sinceSubmitMs / 1_000).toFixed(1)} s`;
  const why = next === 'failed' && code !== undefined ? ` with ${code}` : '';
  return `${at.toTimeString().slice(0, 8)} ${next}${why} after ${attempts}${took}: ${model} ${taskId}`;
}

function parsed(text: string): AttemptLine | undefined {
  try {
    return JSON.parse(text) as AttemptLine;
  } catch {
    return undefined;
  }
}
