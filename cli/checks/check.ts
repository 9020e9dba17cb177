// What a check of `relay doctor` is: a question about the relay, and an answer with advice when it fails.
// Checks only read, except the last one, which submits a task.
import type { CommandContext } from '../add-command.ts';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Verdict {
  readonly status: CheckStatus;
  /** What was found, as a sentence. */
  readonly detail: string;
  /** What to do; every warning and failure has it. */
  readonly advice?: string;
}

export interface CheckContext extends CommandContext {
  /** Model of the task to submit; undefined to submit none. */
  readonly taskModel: string | undefined;
}

export interface Check {
  readonly name: string;
  readonly run: (context: CheckContext) => Promise<Verdict>;
}

export interface CheckResult extends Verdict {
  readonly name: string;
}

export function ok(detail: string): Verdict {
  return { status: 'ok', detail };
}

export function skipped(detail: string): Verdict {
  return { status: 'skipped', detail };
}

export function warning(detail: string, advice: string): Verdict {
  return { status: 'warning', detail, advice };
}

export function failed(detail: string, advice: string): Verdict {
  return { status: 'failed', detail, advice };
}

/** A check that cannot ask its question has failed: the resource is missing or does not answer. */
export async function runCheck({ name, run }: Check, context: CheckContext): Promise<CheckResult> {
  try {
    return { name, ...(await run(context)) };
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    return { name, ...failed(`${kind}: ${message}`, 'Fix what it names, or the rights of your credentials.') };
  }
}
