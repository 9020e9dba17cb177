// Checks answers of the relay against the schemas of its API: a status that is in no document, a body that its schema
// does not know to the last field, or an error in another form ends the test that saw it.
import * as z from 'zod';
import { failureSchema, gatewayErrorSchema } from '../../core/http/schemas/error-schemas.ts';
import { commonErrors, operations } from '../../core/http/schemas/operations.ts';
import { reservedVendors, routes } from '../../core/contract/routes.ts';
import type { DocumentedRoute, Operation } from '../../core/http/schemas/operation.ts';

interface SeenAnswer {
  readonly method: string;
  /** With or without its query. */
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

const notReserved = `(?!(?:${[...reservedVendors].join('|')})/)[^/]+`;

const patterns = (Object.keys(operations) as DocumentedRoute[])
  .map((name) => ({
    name,
    method: routes[name].method,
    pattern: new RegExp(`^${routes[name].path.replace('{vendor}', notReserved).replaceAll(/\{(\w+)\}/g, '[^/]+')}/?$`),
  }))
  // Its path has no fixed word, and would take every other call of its length for a model.
  .sort((a, b) => Number(a.name === 'submitTask') - Number(b.name === 'submitTask'));

const anyError = z.union([failureSchema, gatewayErrorSchema]);

/** @throws Error that names the call and what is not documented about its answer. */
export function requireDocumented({ method, path, status, text }: SeenAnswer): void {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const [bare = ''] = path.replaceAll(/\/{2,}/g, '/').split('?');
  const known = patterns.find((one) => one.method === wanted && one.pattern.test(bare));
  if (status >= 400) {
    // A doubled slash is answered by the call that takes what nothing matches, not by the call that was meant.
    if (known && !path.includes('//')) requireStatus(operations[known.name], { method, path, status, text });
    if (method !== 'HEAD') requireShape(anyError, { method, path, status, text });
    return;
  }
  if (!known || method === 'HEAD') return;
  const operation = operations[known.name];
  if (status !== operation.status) throw undocumented({ method, path, status, text }, `status ${status}`);
  requireShape(operation.answer, { method, path, status, text });
}

function requireStatus({ errors, body, open }: Operation, seen: SeenAnswer): void {
  // What the gateway answers in front of every call.
  const gateway = [413, 429, 500, 503];
  const all: readonly number[] = [...gateway, ...(open ? [] : commonErrors), ...errors, ...(body ? [413] : [])];
  if (!all.includes(seen.status)) throw undocumented(seen, `status ${seen.status}`);
}

function requireShape(schema: z.ZodType, seen: SeenAnswer): void {
  const result = schema.safeParse(parse(seen.text));
  if (!result.success) throw undocumented(seen, z.prettifyError(result.error));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function undocumented({ method, path, status, text }: SeenAnswer, what: string): Error {
  const shown = text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
  return new Error(`${method} ${path} answered ${status} as no document says: ${what}\n${shown}`);
}
