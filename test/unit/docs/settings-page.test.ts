// docs/settings.md is what its generator makes; each setting stands in it once, with everything a reader needs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { settingRows, withSettingTables } from '../../../bin/setting-tables.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { resolveSettings } from '../../../lib/relay-settings.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'settings.md');

describe('the page of settings', () => {
  it('is what `npm run docs:settings` makes', async () => {
    const page = readFileSync(path, 'utf8');
    const options = { ...(await resolveConfig(path)), filepath: path };
    expect(await format(withSettingTables(page), options)).toBe(page);
  });

  it('has every setting of a relay', () => {
    const paths = settingRows().map((row) => row.path);
    const known = (prefix: string): boolean => paths.some((one) => one === prefix || one.startsWith(`${prefix}.`));
    for (const [group, value] of Object.entries(defaultSettings) as [string, unknown][]) {
      const isGroup = typeof value === 'object' && value !== null;
      for (const name of group === 'retry' || !isGroup ? ['*'] : Object.keys(value)) {
        expect(known(group === 'retry' ? 'retry.*' : isGroup ? `${group}.${name}` : group), `${group}.${name}`).toBe(
          true,
        );
      }
    }
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('says the ranges that synthesis holds', () => {
    const row = settingRows().find(({ path: one }) => one === 'doubtHoldMs');
    expect(row).toMatchObject({ default: '`600000` (10 min)', range: '`0` to `86400000` (1 d)' });
    expect(() => resolveSettings({ doubtHoldMs: 86_400_001 })).toThrow('settings.doubtHoldMs');
    expect(resolveSettings({ doubtHoldMs: 86_400_000 }).doubtHoldMs).toBe(86_400_000);
  });
});
