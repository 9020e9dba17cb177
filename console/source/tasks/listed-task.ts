// A task in a list, and what its row and its line in a file say of its way.
import type { PublicTask } from '../../../core/http/public-task.ts';

/** With its client's correlation id where the list has it. */
export type ListedTask = PublicTask & { readonly correlation_id?: string | null };

/** Each code that attempts met, once, in the order of their first meeting. */
export function codesMet({ attempts }: Pick<ListedTask, 'attempts'>): readonly string[] {
  return [...new Set(attempts.flatMap(({ code }) => (code === null || code === 0 ? [] : [String(code)])))];
}
