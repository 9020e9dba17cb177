// Reads the body of a call as a JSON object, or answers 400 with the reason why it is not one.
// Each call gives its fields their meaning; on a submit only Get3W's models do.
import { limits } from '../domain/limits.ts';
import { invalidParameter } from './http-failure.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** @throws HttpFailure 400. */
export function readJsonObject(text: string): Fields {
  if (text.trim() === '') throw invalidParameter('the body is empty; it must be a JSON object');
  if (depthOf(text) > limits.bodyDepthMax) {
    throw invalidParameter(`the body is nested deeper than ${limits.bodyDepthMax} levels`);
  }
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalidParameter(`the body must be a JSON object, but it is ${kindOf(value)}`);
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
  return typeof value === 'string' ? 'a string' : `a ${typeof value}`;
}

/** Levels of arrays and objects, counted without parsing the text: the parser recurses once per level. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, (depth += 1));
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}
