// `npm run docs:api`: regenerates docs/openapi.json, docs/api.md and the generated files of packages/client from the
// schemas of the API. A test compares the files in the repository with its output.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openApiDocument } from '../core/http/schemas/openapi-document.ts';
import { clientMessages, clientOperations } from './client-types.ts';
import { apiPage } from './openapi-page.ts';
import type { ApiDocument } from './api-schema.ts';

const root = join(import.meta.dirname, '..');

/** The files as they are to stand in the repository, by path. */
export async function apiDocuments(): Promise<Readonly<Record<string, string>>> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const document = openApiDocument(version) as unknown as ApiDocument;
  const texts: Readonly<Record<string, string>> = {
    'docs/api.md': apiPage(document),
    'docs/openapi.json': JSON.stringify(document),
    'packages/client/source/api-messages.ts': clientMessages(document),
    'packages/client/source/api-operations.ts': clientOperations(document),
  };
  const formatted = Object.entries(texts).map(async ([path, text]): Promise<[string, string]> => {
    const filepath = join(root, path);
    return [path, await format(text, { ...(await resolveConfig(filepath)), filepath })];
  });
  return Object.fromEntries(await Promise.all(formatted));
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await apiDocuments())) writeFileSync(join(root, path), text);
}
