// Reads the body of a call as a JSON object, or says in a 400 why it is none.
// What its fields mean is each call's; on a submit nothing but Get3W's models knows.
import { LIMITS } from '../domain/limits.ts';
import { invalidParameter } from './http-failure.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** @throws HttpFailure 400. */
export function readJsonObject(text: string): Fields {
  if (text.trim() === '') throw invalidParameter('there is no body; it must be a JSON object');
  if (depthOf(text) > LIMITS.bodyDepthMax) {
    throw invalidParameter(`the body is nested deeper than ${LIMITS.bodyDepthMax} levels`);
  }
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalidParameter(`the body must be a JSON object, and is ${kindOf(value)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidParameter('the body is not valid JSON');
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

/** Levels of lists and objects, without reading the text as JSON: what reads it calls itself once a level. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}
