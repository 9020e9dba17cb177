// The OpenAPI 3.1 document of the API, made from routes.ts, query-parameters.ts and operations.ts. Pure and the same for
// the same code; the stack ships it beside the console's files, and `GET /openapi.json` answers it.
import * as z from 'zod';
import { gatewayErrorSchema } from './error-schemas.ts';
import { commonErrors, errorSchema, operations } from './operations.ts';
import { bridgeWebhookSchema, webhookSchema } from './webhook-schemas.ts';
import { queryParameters } from '../../contract/query-parameters.ts';
import { routes } from '../../contract/routes.ts';
import { httpErrorText } from '../../domain/error-catalogue.ts';
import type { DocumentedRoute, ErrorStatus, Operation, Parameter } from './operation.ts';

type Json = Readonly<Record<string, unknown>>;

/** Path parameters, by name. */
const pathParameters: Readonly<Record<string, Json>> = {
  id: { description: 'The id of the task, the endpoint, the key, the job or the account.', schema: { type: 'string' } },
  delivery: { description: 'The id of the delivery.', schema: { type: 'string' } },
  number: {
    description: 'The number of the output, 0 for the first.',
    schema: { type: 'string', pattern: '^\\d{1,3}$' },
  },
  token: { description: 'As the webhook or the event has it.', schema: { type: 'string' } },
  vendor: { description: 'The vendor of the model.', schema: { type: 'string', pattern: '^\\w[\\w.~-]*$' } },
  model: { description: 'The name of the model.', schema: { type: 'string', pattern: '^\\w[\\w.~-]*$' } },
  task: { description: 'What the model does.', schema: { type: 'string', pattern: '^\\w[\\w.~-]*$' } },
};

const pathExamples: Readonly<Record<string, string>> = {
  vendor: 'black-forest-labs',
  model: 'flux-dev',
  task: 'text-to-image',
};

/** When the relay, or the gateway in front of it, answers with the status. */
const errorMeanings: Readonly<Record<ErrorStatus, string>> = {
  400: 'The request has an error; `details` names it. Nothing was written and nothing paid.',
  401: 'The key is missing, malformed, unknown, revoked or expired.',
  403: 'The key lacks the scope that the call needs (`error` is `Missing scope`), or a balance is used up.',
  404: "No such path, model, task or endpoint; another account's is unknown too.",
  405: 'The path is known, the method is not; `Allow` lists those that are.',
  409: 'The request conflicts with the state of the task, the endpoint or the Idempotency-Key.',
  410: 'The task was erased.',
  413: 'The request has more than 10 MB (from API Gateway).',
  415: 'A body with a `Content-Encoding`.',
  429: "The account's share is used up: wait for `Retry-After`. Without `code` it is API Gateway's, for all clients.",
  500: 'A fault of the relay, or, without `code`, of API Gateway. Repeat with the same Idempotency-Key.',
  503: 'No answer within 29 s (from API Gateway). Repeat with the same Idempotency-Key.',
  504: 'CloudWatch did not answer within ten seconds. Try again, or ask for less.',
};

/** Statuses that the gateway answers in its own form. */
const gatewayStatuses: ReadonlySet<number> = new Set([413, 429, 500, 503]);

/** On answers to calls with a key whose account has a bound on requests. */
const rateHeaders = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
};

const correlationHeader = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };

export function openApiDocument(version: string): Json {
  const components = componentSchemas();
  const names = Object.keys(operations) as DocumentedRoute[];
  const paths: Record<string, Record<string, unknown>> = {};
  for (const name of names) {
    const { method, path } = routes[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(name) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Get3W Relay',
      version,
      summary: "Get3W's own API, made reliable: tasks that are never lost, signed webhooks, and what failed and why.",
      description: [
        "The relay speaks Get3W's `/v1/` language: a client changes its base URL and its key, and nothing else.",
        'HEAD is answered wherever GET is. Every answer has `X-Request-Id`. Answers may gain fields in any release.',
      ].join('\n'),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The relay that serves this document' }],
    security: [{ apiKey: [] }],
    tags: [
      { name: 'Tasks', description: 'Submit, follow, cancel and retry tasks.' },
      { name: 'Webhooks', description: 'Endpoints, deliveries, events and secrets.' },
      { name: 'Account', description: 'The account of the key, and its keys.' },
      { name: 'Jobs', description: 'Cancel, retry and replay in bulk, by a filter.' },
      { name: 'Operators', description: "The gate, metrics and alarms, with an operator's key." },
      { name: 'Health', description: 'Without a key.' },
    ],
    paths,
    webhooks: webhooks(),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'A key of `relay accounts`.' } },
      headers: {
        RateLimit: {
          description:
            'What is left of the policy: requests (`r`), and seconds until it is whole again (`t`). Absent where none applies.',
          schema: { type: 'string', examples: ['"requests";r=42;t=1'] },
        },
        'RateLimit-Policy': {
          description:
            'Requests (`q`) that the account may make in a time of seconds (`w`). Absent where none applies.',
          schema: { type: 'string', examples: ['"requests";q=50;w=1'] },
        },
        'X-Request-Id': {
          description: "The call's id in the log: the one you sent, if usable, else the relay's.",
          schema: { type: 'string' },
        },
      },
      responses: Object.fromEntries(statusesMet().map((status) => [responseId(status), failureOf(status)])),
      schemas: components,
    },
  };
}

/** Statuses of errors that some operation answers. */
function statusesMet(): readonly ErrorStatus[] {
  const all = Object.values(operations).flatMap(({ errors }) => errors);
  return [...new Set<ErrorStatus>([...commonErrors, ...all, 413])].sort((a, b) => a - b);
}

/** Every named schema, as a component; fields that answers may gain are no breach of the document. */
function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => `#/components/schemas/${id}`, io: 'input' });
  return Object.fromEntries(
    Object.entries(schemas)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([id, schema]) => [id, tidy(schema, requestSchemas.has(id))]),
  );
}

/** Bodies whose unknown fields the relay refuses. */
const requestSchemas: ReadonlySet<string> = new Set([
  'NewEndpoint',
  'EndpointChange',
  'SecretRotation',
  'Recovery',
  'NewKey',
]);

/**
 * Removes what belongs only in a document of its own, and `additionalProperties: false` where the relay promises less.
 */
function tidy(schema: unknown, isStrict: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((one) => tidy(one, isStrict));
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([name, value]) => !['$schema', '$id', 'id'].includes(name) && (isStrict || !isClosed(name, value)),
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === 'examples' ? value : tidyValue(name, value, isStrict)]),
  );
}

/** Names of properties are data: a property that is called `id` stays. */
function tidyValue(name: string, value: unknown, isStrict: boolean): unknown {
  if (name !== 'properties' || typeof value !== 'object' || value === null) return tidy(value, isStrict);
  return Object.fromEntries(Object.entries(value).map(([own, schema]) => [own, tidy(schema, isStrict)]));
}

function isClosed(name: string, value: unknown): boolean {
  return name === 'additionalProperties' && value === false;
}

/** A reference where the schema has a name, else the schema itself. */
function schemaOf(schema: z.ZodType): unknown {
  const id = schema.meta()?.['id'];
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` };
  if (schema instanceof z.ZodUnion) return { anyOf: schema.options.map((one) => schemaOf(one as z.ZodType)) };
  return tidy(z.toJSONSchema(schema, { io: 'input' }), true);
}

function json(schema: unknown): Json {
  return { 'application/json': { schema } };
}

function operationOf(name: DocumentedRoute): Json {
  const { method, path } = routes[name];
  const operation: Operation = operations[name];
  const { tag, summary, description, body, query = {}, headers = {}, open } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, own = '']) => ({
    name: own,
    in: 'path',
    required: true,
    ...pathParameters[own],
    ...(pathExamples[own] !== undefined && { example: pathExamples[own] }),
  }));
  const allowed: readonly string[] = name === 'health' || name === 'getFile' ? [] : queryParameters[name];
  const inQuery = allowed.map((own) => parameterOf(own, 'query', query[own]));
  const inHeaders = Object.entries(headers).map(([own, parameter]) => parameterOf(own, 'header', parameter));
  const parameters = [...inPath, ...inQuery, ...inHeaders];
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && method !== 'GET' && { requestBody: { required: body.required, content: json(schemaOf(body.schema)) } }),
    responses: responsesOf(operation),
  };
}

/** @throws Error for a parameter that query-parameters.ts takes and operations.ts does not describe. */
function parameterOf(name: string, place: 'query' | 'header', parameter: Parameter | undefined): Json {
  if (!parameter) throw new Error(`operations.ts does not describe the parameter ${name}`);
  const { description, schema, required = false } = parameter;
  return { name, in: place, required, description, schema: schemaOf(schema) };
}

const successMeanings: Readonly<Record<Operation['status'], string>> = {
  200: 'The answer.',
  201: 'It was made.',
  302: 'Where it is.',
};

function responsesOf({ status, answer, answerHeaders = {}, errors, open, body }: Operation): Json {
  const headers = Object.entries(answerHeaders).map(([name, description]): [string, Json] => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  // The gateway's throttle and its faults are in front of every call, of the open ones too.
  const statuses = open
    ? [...errors, ...([429, 500, 503] as const)]
    : [...commonErrors, ...errors, ...(body ? ([413] as const) : [])];
  const failures = [...new Set<ErrorStatus>(statuses)].sort((a, b) => a - b);
  const references = failures.map((one): [string, Json] => [
    String(one),
    { $ref: `#/components/responses/${responseId(one)}` },
  ]);
  return {
    [String(status)]: {
      description: successMeanings[status],
      headers: { ...correlationHeader, ...(!open && rateHeaders), ...Object.fromEntries(headers) },
      content: json(schemaOf(answer)),
    },
    ...Object.fromEntries(references),
  };
}

function responseId(status: ErrorStatus): string {
  return `Status${status}`;
}

function failureOf(status: ErrorStatus): Json {
  const own = schemaOf(errorSchema);
  const gateway = schemaOf(gatewayErrorSchema);
  const isGatewayOnly = status === 413 || status === 503;
  const schema = isGatewayOnly ? gateway : gatewayStatuses.has(status) ? { anyOf: [own, gateway] } : own;
  return {
    description: errorMeanings[status],
    headers: {
      ...correlationHeader,
      ...(status === 429 && rateHeaders),
      ...(status === 429 && { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string' } } }),
      ...(status === 405 && { Allow: { description: 'The methods that are known.', schema: { type: 'string' } } }),
    },
    content: {
      'application/json': {
        schema,
        ...(!isGatewayOnly && { example: { code: status, error: exampleOf(status) } }),
      },
    },
  };
}

const ownTexts: Partial<Record<ErrorStatus, string>> = {
  405: 'Method not allowed',
  409: 'The task has already ended',
  410: 'Gone',
  415: 'Unsupported Media Type',
  504: 'CloudWatch did not answer in time',
};

function exampleOf(status: ErrorStatus): string {
  return ownTexts[status] ?? httpErrorText(status);
}

function webhooks(): Json {
  const call = (operationId: string, summary: string, schema: z.ZodType): Json => ({
    post: {
      operationId,
      summary,
      security: [],
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header',
        required: true,
        description: 'As Standard Webhooks has it; see docs/webhooks.md.',
        schema: { type: 'string' },
      })),
      requestBody: { required: true, content: json(schemaOf(schema)) },
      responses: {
        '2XX': { description: 'Accepted: it is not sent again.' },
        '410': { description: 'The receiver is gone: the endpoint is disabled.' },
        default: { description: 'Sent again by the schedule of deliveries.' },
      },
    },
  });
  return {
    event: call('eventWebhook', 'An event, to a registered endpoint', webhookSchema),
    taskEnded: call('taskWebhook', 'The end of a task, to the `?webhook=` of its submit', bridgeWebhookSchema),
  };
}
