// docs/api.md and docs/openapi.json against the code, and the schemas against what reads requests: a body is valid by the
// document exactly when the relay takes it.
import { defaultSettings } from '../../../core/domain/settings.ts';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiDocuments } from '../../../bin/api-documents.ts';
import { queryParameters } from '../../../core/contract/query-parameters.ts';
import { routeScopes } from '../../../core/contract/route-scopes.ts';
import { routes } from '../../../core/contract/routes.ts';
import { HttpFailure } from '../../../core/http/http-failure.ts';
import { momentOf } from '../../../core/http/read-query.ts';
import { operations } from '../../../core/http/schemas/operations.ts';
import { submitBodySchema } from '../../../core/http/schemas/task-schemas.ts';
import { endpointChangeSchema, recoverySchema, rotateSchema } from '../../../core/http/schemas/webhook-schemas.ts';
import { readEndpoint, readOverlapMs } from '../../../core/http/read-endpoint.ts';
import { readSubmit } from '../../../functions/api/read-submit.ts';
import type { DocumentedRoute } from '../../../core/http/schemas/operation.ts';

const publicOnly = { openSubnets: [], isHttpOpen: false };
const root = join(import.meta.dirname, '..', '..', '..');

describe('the reference of the API', () => {
  it('is what `npm run docs:api` makes from the code', async () => {
    for (const [path, text] of Object.entries(await apiDocuments())) {
      expect(readFileSync(join(root, path), 'utf8'), `run npm run docs:api for ${path}`).toBe(text);
    }
  });

  it('has every route except those that no client calls', () => {
    const left = Object.keys(routes).filter((name) => !Object.hasOwn(operations, name));
    expect(left).toEqual(['callback', 'console', 'consolePath', 'openApi']);
  });

  it('describes every query parameter that a call takes, and no other', () => {
    for (const [name, { query = {} }] of Object.entries(operations)) {
      const taken: readonly string[] =
        name === 'health' || name === 'getFile'
          ? []
          : queryParameters[name as Exclude<DocumentedRoute, 'health' | 'getFile'>];
      expect(Object.keys(query).sort(), name).toEqual([...taken].sort());
    }
  });

  it('requires a key wherever the relay does', () => {
    const open = Object.entries(operations).filter(([, operation]) => operation.open);
    expect(open.map(([name]) => name)).toEqual(['getFile', 'health']);
  });
});

/** Whether the relay takes a body; addresses have rules of their own, which no schema can say. */
function isTaken(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof HttpFailure && error.status === 400) return false;
    throw error;
  }
}

const odd = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.string(),
  fc.array(fc.string()),
  fc.object(),
);

function maybe<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: odd });
}

const endpointBodies = fc.record(
  {
    description: maybe(fc.string({ minLength: 1, maxLength: 210 })),
    events: maybe(fc.array(fc.constantFrom('task.completed', 'task.failed', 'endpoint.disabled', 'task.ended'))),
    rate_limit: maybe(
      fc.oneof(fc.double({ min: 0, max: 1_100, noNaN: true }), fc.constantFrom(0.01, 0.009, 1_000, 1_001)),
    ),
    shape: maybe(fc.constantFrom('event', 'get3w', 'bridge')),
    signatures: maybe(fc.array(fc.constantFrom('v1', 'v1a', 'v2'), { maxLength: 3 })),
    disabled: maybe(fc.boolean()),
    unknown: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('the schema of a body', () => {
  it('takes a change of an endpoint exactly when the relay does', () => {
    fc.assert(
      fc.property(endpointBodies, (body) => {
        const text = JSON.stringify(body);
        const isValid = endpointChangeSchema.safeParse(JSON.parse(text)).success;
        expect(isValid, text).toBe(isTaken(() => readEndpoint(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a header of an endpoint exactly when the relay does', () => {
    const name = fc.oneof(fc.constantFrom('', 'x-key', 'X-Key', 'x key', 'x:y', 'ü'), fc.string({ maxLength: 66 }));
    const value = fc.oneof(fc.constantFrom('', ' a', 'a b', 'a\n', 'ä'), fc.string({ maxLength: 5 }));
    fc.assert(
      // Names that the relay sets itself, or never sends, are refused by a list that is not in the schema.
      fc.property(
        name.filter((given) => !/^(__proto__|via|age|te|host|server)$/i.test(given)),
        value,
        (own, text) => {
          const body = { headers: { [own]: text } };
          const isTakenByRelay = isTaken(() => readEndpoint(JSON.stringify(body)));
          expect(endpointChangeSchema.safeParse(body).success, JSON.stringify(body)).toBe(isTakenByRelay);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('takes a submit exactly when the relay does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant({}), odd), (body) => {
        // Zod leaves a field of this name out of what it counts; JSON Schema and the relay count it.
        fc.pre(!Object.hasOwn(Object(body), '__proto__'));
        const text = JSON.stringify(body);
        const isTakenByRelay = isTaken(() =>
          readSubmit(
            { vendor: 'a', model: 'b', task: 'c', query: {}, idempotencyKey: undefined, body: text },
            { ...defaultSettings, deliveries: { ...defaultSettings.deliveries, addresses: publicOnly } },
          ),
        );
        expect(submitBodySchema.safeParse(JSON.parse(text)).success, text).toBe(isTakenByRelay);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['2026-01-31', '2026-01-31T10:00:00Z', '2026-01-31T10:00:00+02:00', '2026-01-31T10:00:00', '31.1.2026', ''])(
    'takes the moment %j exactly when the relay does',
    (since) => {
      expect(recoverySchema.safeParse({ since }).success).toBe(momentOf(since) !== undefined);
    },
  );

  it('takes a rotation exactly when the relay does', () => {
    const bodies = fc.record(
      { overlap_seconds: maybe(fc.integer({ min: -2, max: 2_592_003 })), other: fc.string() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const text = JSON.stringify(body);
        const isValid = rotateSchema.safeParse(JSON.parse(text)).success;
        expect(isValid, text).toBe(isTaken(() => readOverlapMs(text, 0)));
      }),
      { numRuns: 2_000 },
    );
  });
});

it('has the fields of every body that a call takes', () => {
  const page = readFileSync(join(root, 'docs', 'api.md'), 'utf8');
  const bodies = [...page.matchAll(/^Body: (.*?)[,.]/gm)].map(([, type = '']) => type);
  expect(bodies.length).toBeGreaterThan(10);
  for (const type of bodies) {
    const [, name = ''] = /^\[(\w+)\]\(#\w+\)$/.exec(type) ?? [];
    expect(page, type).toMatch(new RegExp(`^### ${name || 'nothing'}\n`, 'm'));
  }
});

it('is led to by the first page, which names what each call of an operator is about', () => {
  const first = readFileSync(join(root, 'README.md'), 'utf8');
  const paths = Object.entries(routes)
    .filter(([name]) => Object.entries(routeScopes).some(([scoped, scope]) => scoped === name && scope === 'operate'))
    .map(([, { path }]) => path);
  expect(paths.length).toBeGreaterThan(10);
  // What comes behind an id, or is one more act of the same thing, is written as …/act.
  for (const path of paths) {
    const act = path.split('/').at(-1) ?? '';
    const isNamed = first.includes(`${path}\``) || first.includes(`…/${act}\``) || first.includes(`…/{id}/${act}\``);
    expect(isNamed, path).toBe(true);
  }
});
