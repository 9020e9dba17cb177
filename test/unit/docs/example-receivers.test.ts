// The receivers of the examples as somebody starts them for the first time: without the secret they cannot verify
// anything, and say so. What they take and refuse is test/system's.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', '..', 'examples', 'receiver-node');

describe('a receiver of the examples', () => {
  it.each(['receiver.ts', 'receiver-with-package.ts'])(
    'ends with what to set when it is started without a secret: %s',
    (file) => {
      const { WEBHOOK_SECRET: _none, ...env } = process.env;
      const started = spawnSync(process.execPath, [join(folder, file)], { env, encoding: 'utf8', timeout: 20_000 });
      expect(started.status).toBe(1);
      expect(started.stderr).toContain(`WEBHOOK_SECRET is not set. Start it as: WEBHOOK_SECRET=whsec_`);
      expect(started.stderr).toContain(`node ${file}`);
      expect(started.stderr).not.toContain('at ');
    },
  );
});
