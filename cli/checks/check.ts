// What a check of `relay doctor` is: a question about the relay, and an answer that says what to do when it is bad.
// Checks look and never change anything, but for the task that the last of them submits.
import type { CommandContext } from '../add-command.ts';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Verdict {
  readonly status: CheckStatus;
  /** What was found, as a sentence. */
  readonly detail: string;
  /** What to do; with every warning and failure. */
  readonly advice?: string;
}

export interface CheckContext extends CommandContext {
  /** Model of the scripted task; undefined where none is to be submitted. */
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

/** A check that cannot even ask has failed: what it asks is not there, or is not answered. */
export async function runCheck({ name, run }: Check, context: CheckContext): Promise<CheckResult> {
  try {
    return { name, ...(await run(context)) };
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    return { name, ...failed(`${kind}: ${message}`, 'Mend what it names, or the rights of your credentials.') };
  }
}
