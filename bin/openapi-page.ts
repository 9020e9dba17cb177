// The reference page docs/api.md, made from the OpenAPI document: each call with its input and answers, then every
// message field by field. `npm run docs:api` writes it; a test compares the page in the repository with the result.
import { commonErrors, operations } from '../core/http/schemas/operations.ts';
import type { ApiDocument, ApiOperation, ApiSchema } from './api-schema.ts';

const INTRODUCTION = `# The API

Every call of the relay, made from \`GET /openapi.json\` of the same release: point a generator at that file, try calls on the relay's own page \`/console/api\`, or read on.
Calls need \`Authorization: Bearer <key>\` unless said. Every answer has \`X-Request-Id\`, errors too. HEAD is answered wherever
GET is. What the errors mean, and what API Gateway answers in front of the relay, is in [errors.md](errors.md). A typed client for Node and browsers is in [packages/client](../packages/client/README.md).

This page is made by \`npm run docs:api\`.
`;

export function apiPage(document: ApiDocument): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const sections = document.tags.flatMap(({ name, description }) => [
    `## ${name}`,
    description,
    ...all.filter(({ operation }) => operation.tags?.includes(name)).map((one) => operationSection(one)),
  ]);
  const responses = Object.entries(document.components.responses).map(([id, { description }]) => [
    id.replace('Status', ''),
    description,
  ]);
  const calls = Object.values(document.webhooks).map(
    ({ post }) => `- ${post.summary}: ${typeOf(post.requestBody?.content['application/json'].schema ?? {})}`,
  );
  const messages = Object.entries(document.components.schemas).map(([id, schema]) => messageSection(id, schema));
  return [
    INTRODUCTION,
    ...sections,
    '## Errors',
    `Every call with a key may answer ${commonErrors.join(', ')}; its own section has the others.`,
    table(['status', 'when'], responses),
    '## Webhooks',
    'What receivers get. Headers, signatures and retries are in [webhooks.md](webhooks.md).',
    calls.join('\n'),
    '## Messages',
    ...messages,
  ].join('\n\n');
}

function operationSection(one: { path: string; method: string; operation: ApiOperation }): string {
  const { path, method, operation } = one;
  const { summary, description, parameters = [] } = operation;
  const rows = parameters.map((parameter) => [
    `\`${parameter.name}\``,
    parameter.in,
    typeOf(parameter.schema),
    `${parameter.required && parameter.in !== 'path' ? 'Required. ' : ''}${parameter.description}`,
  ]);
  return [
    `### ${summary}`,
    `\`${method} ${path}\``,
    ...(description === undefined ? [] : [description]),
    ...(rows.length > 0 ? [table(['parameter', 'in', 'type', 'meaning'], rows)] : []),
    [...bodyOf(operation), ...answersOf(operation)].join(' '),
  ].join('\n\n');
}

function bodyOf({ requestBody }: ApiOperation): string[] {
  if (!requestBody) return [];
  return [
    `Body: ${typeOf(requestBody.content['application/json'].schema)}${requestBody.required ? '' : ', optional'}.`,
  ];
}

function answersOf({ operationId, responses }: ApiOperation): string[] {
  const [status = '', success] = Object.entries(responses).find(([one]) => one.startsWith('2')) ?? [];
  const headers = Object.entries(success?.headers ?? {}).filter(([name]) => !/^(X-Request-Id|RateLimit.*)$/.test(name));
  const others = operations[operationId].errors;
  return [
    `Answers ${status} with ${typeOf(success?.content?.['application/json'].schema ?? {})}.`,
    ...headers.map(([name, header]) => `Header \`${name}\`: ${header.description ?? ''}`),
    ...(others.length > 0 ? [`May also answer ${others.join(', ')}.`] : []),
  ];
}

function messageSection(id: string, schema: ApiSchema): string {
  const choices = schema.oneOf ?? schema.anyOf;
  const parts = choices && !schema.properties ? choices.map((one) => fieldTable(one)) : [fieldTable(schema)];
  return [`### ${id}`, ...(schema.description ? [schema.description] : []), ...parts].join('\n\n');
}

function fieldTable(schema: ApiSchema): string {
  const rows = fieldsOf(schema, '');
  return rows.length > 0 ? table(['field', 'type', 'meaning'], rows) : `Type: ${typeOf(schema)}.`;
}

/** The fields, including those of nested objects, with their path. */
function fieldsOf({ properties = {}, required = [] }: ApiSchema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const isAbsentAtTimes = !required.includes(name);
    const inner = schema.properties ? schema : schema.items?.properties ? schema.items : undefined;
    return [
      [`\`${path}\``, `${typeOf(schema)}${isAbsentAtTimes ? ', may be absent' : ''}`, schema.description ?? ''],
      ...(inner ? fieldsOf(inner, `${path}${schema.items ? '[].' : '.'}`) : []),
    ];
  });
}

function formatWord(format: string | undefined): string | undefined {
  return format === 'date-time' ? 'moment' : format === 'date' ? 'day' : undefined;
}

function typeOf(schema: ApiSchema): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (schema.$ref !== undefined) {
    const id = schema.$ref.split('/').at(-1) ?? '';
    return `[${id}](#${id.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (choices) return choices.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  const type = typeof schema.type === 'string' ? schema.type : (schema.type ?? ['any JSON']).join(' or ');
  return `${formatWord(schema.format) ?? type}${boundsOf(schema)}`;
}

function boundsOf({ minimum, maximum, minLength, maxLength }: ApiSchema): string {
  const [from, to, unit] =
    minLength === undefined && maxLength === undefined ? [minimum, maximum, ''] : [minLength, maxLength, ' characters'];
  // The bounds of an exact integer in a double are not worth mentioning.
  const upper = to === Number.MAX_SAFE_INTEGER ? undefined : to;
  const lower = from === Number.MIN_SAFE_INTEGER ? undefined : from;
  if (lower === undefined && upper === undefined) return '';
  if (upper === undefined) return ` from ${lower}${unit}`;
  return lower === undefined ? ` up to ${upper}${unit}` : ` from ${lower} to ${upper}${unit}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
