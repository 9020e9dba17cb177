// `relay settings`: each setting once, those that differ from the default with both values.
import { describe, expect, it } from 'vitest';
import { settingValues } from '../../../cli/commands/settings-command.ts';
import { defaultSettings } from '../../../core/domain/settings.ts';
import { resolveSettings } from '../../../lib/relay-settings.ts';

describe('the settings of a relay', () => {
  it('are all defaults where nothing was chosen', () => {
    expect(settingValues(defaultSettings).filter(({ isDefault }) => !isDefault)).toEqual([]);
  });

  it('show what was chosen, lists as one value, and policies by their error', () => {
    const chosen = resolveSettings({
      gate: { circuit: { probeMs: 9_000 } },
      deliveries: { scheduleMs: [0, 60_000] },
      retry: { 'task-5003': { attemptsMax: 3 } },
    });
    expect(settingValues(chosen).filter(({ isDefault }) => !isDefault)).toEqual([
      { path: 'gate.circuit.probeMs', value: 9_000, default: 15_000, isDefault: false },
      expect.objectContaining({ path: 'deliveries.scheduleMs', value: [0, 60_000] }),
      { path: 'retry.task-5003.attemptsMax', value: 3, default: undefined, isDefault: false },
      { path: 'retry.task-5003.baseMs', value: 2_000, default: undefined, isDefault: false },
      { path: 'retry.task-5003.capMs', value: 300_000, default: undefined, isDefault: false },
    ]);
  });

  it('of an earlier version lack what it did not know', () => {
    const { shares: _shares, ...earlier } = defaultSettings;
    const lacking = settingValues(earlier).filter(({ isDefault }) => !isDefault);
    expect(lacking.map(({ path }) => path)).toEqual(
      Object.keys(defaultSettings.shares).map((name) => `shares.${name}`),
    );
  });
});
