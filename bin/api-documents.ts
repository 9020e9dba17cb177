// `npm run docs:api`: regenerates docs/openapi.json and docs/api.md from the schemas of the API. A test compares the
// files in the repository with its output.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { openApiDocument } from '../core/http/schemas/openapi-document.ts';
import { apiPage } from './openapi-page.ts';
import type { ApiDocument } from './openapi-page.ts';

const root = join(import.meta.dirname, '..');

/** Contents of both files, by their names in docs/. */
export async function apiDocuments(): Promise<Readonly<Record<'api.md' | 'openapi.json', string>>> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  const document = openApiDocument(version);
  const write = async (name: string, text: string): Promise<string> => {
    const filepath = join(root, 'docs', name);
    return format(text, { ...(await resolveConfig(filepath)), filepath });
  };
  return {
    'api.md': await write('api.md', apiPage(document as unknown as ApiDocument)),
    'openapi.json': await write('openapi.json', JSON.stringify(document)),
  };
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await apiDocuments())) writeFileSync(join(root, 'docs', name), text);
}
