// The version of this package, cloned or installed: its manifest is one folder up in both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function relayVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
