import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricStore } from '../../../local/cloudwatch/metrics/metric-store.ts';
import { DiskWatch } from '../../../local/disk-watch.ts';
import { FunctionLogs } from '../../../local/logs/function-logs.ts';

const MEGABYTE = 1024 * 1024;

let folder: string;
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-disk-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the watch over the disk', () => {
  it('warns once that space runs out, once that none is left, and again only after a recovery', async () => {
    let free = 1_000 * MEGABYTE;
    const watch = new DiskWatch({
      path: '/data',
      warn: (text) => warnings.push(text.split(' ').slice(0, 4).join(' ')),
      freeBytes: () => Promise.resolve(free),
    });
    for (const left of [1_000, 150, 120, 1, 0, 150, 900, 0]) {
      free = left * MEGABYTE;
      await watch.look();
    }
    expect(warnings).toEqual(['Only 150 MB are', 'The disk with /data', 'The disk with /data']);
  });

  it('reads the free space of a real file system', async () => {
    await new DiskWatch({ path: folder, warn: (text) => warnings.push(text) }).look();
    expect(warnings.filter((text) => text.includes('is full'))).toEqual([]);
    await new DiskWatch({ path: join(folder, 'gone'), warn: (text) => warnings.push(text) }).look();
    expect(warnings.filter((text) => text.includes('gone'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'learns of a log that could not be written, and the log continues',
    async () => {
      const logsDir = join(folder, 'logs');
      mkdirSync(logsDir);
      // The system's own full disk.
      symlinkSync('/dev/full', join(logsDir, 'f.log'));
      const watch = new DiskWatch({ path: folder, warn: (text) => warnings.push(text) });
      const logs = new FunctionLogs({ logsDir, metrics: new MetricStore(), onFailed: watch.failed });
      logs.write('f', [{ stream: 'stdout', text: 'lost' }]);
      await expect.poll(() => warnings).toEqual([expect.stringContaining('is full')]);
      rmSync(join(logsDir, 'f.log'));
      logs.write('f', [{ stream: 'stdout', text: 'kept' }]);
      await logs.close();
      expect(readFileSync(join(logsDir, 'f.log'), 'utf8')).toBe('kept\n');
    },
  );
});
