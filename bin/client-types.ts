// The generated files of packages/client, made from the OpenAPI document: the messages as types, and the operations with
// their methods and paths. `npm run docs:api` writes them; a test compares the files in the repository with what this
// makes. How a call is made is the client's own code.
import type { ApiDocument, ApiOperation, ApiSchema } from './api-schema.ts';

/** A schema whose name JavaScript has for something else. */
const renamed: Readonly<Record<string, string>> = { Error: 'ErrorMessage' };

const scalarTypes: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

function nameOf(id: string): string {
  return renamed[id] ?? id;
}

function typeOf(schema: ApiSchema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref.split('/').at(-1) ?? '');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' | ');
  if (schema.type === 'array') return `readonly (${typeOf(schema.items ?? {})})[]`;
  if (schema.type === 'object') return objectType(schema);
  return [schema.type ?? 'any']
    .flat()
    .map((name) => scalarTypes[name] ?? 'unknown')
    .join(' | ');
}

/** Fields without a type of their own stay unknown: the models' own fields are no business of the document. */
function objectType({ properties = {}, required = [], additionalProperties }: ApiSchema): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const field = `readonly ${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`;
    return `${commentOf(schema.description)}${field}`;
  });
  if (typeof additionalProperties === 'object') {
    const isAnything = Object.keys(additionalProperties).length === 0;
    fields.push(`readonly [name: string]: ${isAnything ? 'unknown' : typeOf(additionalProperties)};`);
  }
  return fields.length === 0 ? 'Readonly<Record<string, unknown>>' : `{\n${fields.join('\n')}\n}`;
}

function keyOf(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name);
}

function commentOf(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

/** Every message of the API as a type. */
export function clientMessages({ components }: ApiDocument): string {
  const types = Object.entries(components.schemas).map(([id, schema]) => {
    const isInterface = schema.type === 'object' && schema.properties !== undefined;
    const declared = isInterface ? `interface ${nameOf(id)} ` : `type ${nameOf(id)} = `;
    return `${commentOf(schema.description)}export ${declared}${typeOf(schema)}${isInterface ? '' : ';'}`;
  });
  const names = Object.keys(components.schemas).map((id) => `readonly ${nameOf(id)}: ${nameOf(id)};`);
  return [
    '// The messages of the relay: what calls take and answer, and what webhooks bring. Made from docs/openapi.json by',
    '// `npm run docs:api`, never changed by hand. Answers may have more fields than these in any release.',
    '',
    ...types.map((type) => `${type}\n`),
    '/** All of them, by name. */',
    `export interface ApiMessages {\n${names.join('\n')}\n}`,
  ].join('\n');
}

/** Every operation: where it is, and what it takes and answers. */
export function clientOperations({ paths, components }: ApiDocument): string {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const places = all.map(({ path, method, operation }) => {
    return `${operation.operationId}: { method: '${method}', path: '${path}' },`;
  });
  const types = all.map(({ operation }) => operationType(operation));
  const used = Object.keys(components.schemas)
    .map(nameOf)
    .filter((name) => types.some((type) => new RegExp(`\\b${name}\\b`).test(type)));
  return [
    '// The operations of the relay: their methods and paths, and the types of what they take and answer. Made from',
    '// docs/openapi.json by `npm run docs:api`, never changed by hand.',
    `import type { ${used.join(', ')} } from './api-messages.ts';`,
    '',
    `export const apiOperations = {\n${places.join('\n')}\n} as const;`,
    '',
    `export interface ApiOperations {\n${types.join('\n')}\n}`,
  ].join('\n');
}

function operationType({ operationId, summary, parameters = [], requestBody, responses }: ApiOperation): string {
  const groupOf = (place: string): ApiSchema => {
    const own = parameters.filter((parameter) => parameter.in === place);
    return {
      type: 'object',
      properties: Object.fromEntries(
        own.map(({ name, description, schema }) => [name, described(schema, description)]),
      ),
      required: own.filter(({ required }) => required).map(({ name }) => name),
    };
  };
  const typeOfGroup = (place: string): string =>
    parameters.some((parameter) => parameter.in === place) ? typeOf(groupOf(place)) : 'undefined';
  const isQueryOptional = !parameters.some((parameter) => parameter.in === 'query' && parameter.required);
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const body = requestBody && typeOf(requestBody.content['application/json'].schema);
  return [
    commentOf(`${summary}.`).trimEnd(),
    `readonly ${operationId}: {`,
    `readonly path: ${typeOfGroup('path')};`,
    `readonly query: ${typeOfGroup('query')}${isQueryOptional ? ' | undefined' : ''};`,
    `readonly body: ${body ?? 'undefined'}${requestBody && !requestBody.required ? ' | undefined' : ''};`,
    `readonly answer: ${success?.content ? typeOf(success.content['application/json'].schema) : 'undefined'};`,
    '};',
  ].join('\n');
}

function described(schema: ApiSchema, description: string | undefined): ApiSchema {
  return description === undefined ? schema : { ...schema, description };
}
