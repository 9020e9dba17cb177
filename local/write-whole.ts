// Writes a file so that whoever reads it, even after a kill in the middle, finds either all of it or what was there
// before. Readable by its owner alone: what the runtime writes holds keys.
import { renameSync, writeFileSync } from 'node:fs';

export function writeWhole(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, path);
}
