// Writes a file so that a reader, even after a kill in the middle, finds either all of it or its earlier content.
// Readable only by its owner, because the runtime's files hold keys.
import { renameSync, writeFileSync } from 'node:fs';

export function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, path);
}
