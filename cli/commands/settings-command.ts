// `relay settings`: the settings that a relay runs with, by path as docs/settings.md lists them, and where they differ from
// the defaults of this version. `cdk deploy` sets them, no command does.
import colours from 'picocolors';
import { defaultSettings } from '../../core/domain/settings.ts';
import { addCommand, runAs } from '../add-command.ts';
import { shortened, tableText } from '../terminal.ts';
import type { Command } from 'commander';
import type { Report } from '../terminal.ts';

interface SettingValue {
  /** `gate.circuit.probeMs`. */
  readonly path: string;
  /** Undefined in a relay of an earlier version, which does not know the setting. */
  readonly value: unknown;
  /** Undefined for what only a deployment names, such as a price. */
  readonly default: unknown;
  readonly isDefault: boolean;
}

const VALUE_CHARS_MAX = 60;

/** Every setting of a relay or of this version, in the order of this version's. */
export function settingValues(settings: object, defaults: object = defaultSettings): readonly SettingValue[] {
  const [own, usual] = [new Map(leavesOf(settings, '')), new Map(leavesOf(defaults, ''))];
  return [...new Set([...usual.keys(), ...own.keys()])].map((path) => {
    const [value, fallback] = [own.get(path), usual.get(path)];
    return { path, value, default: fallback, isDefault: JSON.stringify(value) === JSON.stringify(fallback) };
  });
}

/** A list is one value, and so is an empty group. */
function leavesOf(settings: object, at: string): [path: string, value: unknown][] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leavesOf(value, `${at}${name}.`)
      : [[`${at}${name}`, value] as [string, unknown]],
  );
}

function settingsReport(values: readonly SettingValue[]): Report {
  const rows = values.map(({ path, value, default: fallback, isDefault }) => [
    path,
    isDefault ? text(value) : colours.yellow(text(value)),
    isDefault ? '' : text(fallback),
  ]);
  return {
    value: values.map((one) => ({ ...one, value: one.value ?? null, default: one.default ?? null })),
    text: tableText(['Setting', 'Value', 'Default if other'], rows, 'Every setting has its default.'),
  };
}

function text(value: unknown): string {
  return value === undefined ? 'none' : shortened(JSON.stringify(value), VALUE_CHARS_MAX);
}

export function addSettingsCommand(program: Command): void {
  runAs<{ readonly changed?: true }>(
    addCommand(
      program,
      'settings',
      'Shows the settings that the relay runs with; docs/settings.md says what they mean.',
      ['settings', 'settings --changed --stack get3w-relay'],
    ).option('--changed', 'only those that differ from the defaults of this version'),
    ({ target }, _, { changed }) => {
      const values = settingValues(target.settings);
      return Promise.resolve(settingsReport(changed ? values.filter(({ isDefault }) => !isDefault) : values));
    },
  );
}
