// What people write to say which tasks they mean, as the API, its jobs and the command line read it: a code that was met,
// a model or the beginning of one. Undefined for what is neither; each caller says so in its own way.

/** Below it a code is an HTTP status, from it on one of Get3W's task codes. */
const TASK_CODE_MIN = 1_000;

/** The key of what an attempt met: of a number, or of a key of docs/errors.md such as `transport-timeout`. */
export function metKeyOf(text: string): string | undefined {
  if (/^\d{1,5}$/.test(text)) return `${Number(text) < TASK_CODE_MIN ? 'http' : 'task'}-${Number(text)}`;
  return /^(http|task|transport)-[\w-]{1,40}$/.test(text) ? text : undefined;
}

type ModelFilter = { readonly model: string } | { readonly modelPrefix: string };

/** A model, or its beginning and an asterisk: no name of a model has one. */
export function modelFilterOf(text: string): ModelFilter | undefined {
  if (text === '') return undefined;
  if (!text.includes('*')) return { model: text };
  const modelPrefix = text.slice(0, -1);
  return text.endsWith('*') && modelPrefix !== '' && !modelPrefix.includes('*') ? { modelPrefix } : undefined;
}
