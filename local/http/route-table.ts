// Finds the route of a request by API Gateway's rules: the most specific path wins, segment by segment, and `$default`
// takes what no other route takes. The function behind a route serves its requests.
import type { RoutePlan } from './api-plan.ts';

export interface RouteMatch {
  readonly route: RoutePlan;
  /** Values of the path's `{variables}`, decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface KnownRoute {
  readonly route: RoutePlan;
  readonly method: string;
  readonly segments: readonly string[];
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').slice(1);
}

function isVariable(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}');
}

function isGreedy(segment: string): boolean {
  return segment.endsWith('+}');
}

export class RouteTable {
  readonly #routes: readonly KnownRoute[];
  readonly #fallback: RoutePlan | undefined;

  constructor(routes: readonly RoutePlan[]) {
    this.#fallback = routes.find(({ routeKey }) => routeKey === '$default');
    this.#routes = routes
      .filter((route) => route !== this.#fallback)
      .map((route) => {
        const [method = 'ANY', path = '/'] = route.routeKey.split(' ');
        return { route, method, segments: segmentsOf(path) };
      })
      .sort(bySpecificity);
  }

  /** @param path encoded, as it was received. */
  find(method: string, path: string): RouteMatch | undefined {
    const segments = segmentsOf(path);
    for (const { route, method: wanted, segments: pattern } of this.#routes) {
      if (wanted !== 'ANY' && wanted !== method) continue;
      const pathParameters = match(pattern, segments);
      if (pathParameters) return { route, pathParameters };
    }
    return this.#fallback && { route: this.#fallback, pathParameters: {} };
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const last = pattern.at(-1) ?? '';
  const isOpen = isGreedy(last);
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!isVariable(part)) {
      if (part !== decode(segment)) return undefined;
    } else if (isGreedy(part)) {
      parameters[part.slice(1, -2)] = decode(segments.slice(index).join('/'));
    } else {
      // A variable matches a whole segment, never an empty one.
      if (segment === '') return undefined;
      parameters[part.slice(1, -1)] = decode(segment);
    }
  }
  return parameters;
}

/** Fixed segments before variables, variables before greedy ones, a method before ANY. */
function bySpecificity(one: KnownRoute, other: KnownRoute): number {
  for (let index = 0; index < Math.max(one.segments.length, other.segments.length); index += 1) {
    const difference = rank(one.segments[index]) - rank(other.segments[index]);
    if (difference !== 0) return difference;
  }
  return Number(one.method === 'ANY') - Number(other.method === 'ANY');
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 3;
  if (isGreedy(segment)) return 2;
  return isVariable(segment) ? 1 : 0;
}

/** Returns text that is not validly encoded unchanged: a client's mistake must not become an error of ours. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
