// The tables of docs/settings.md: each setting with default, range, meaning and when to change it. Paths and ranges come
// from the schema that synthesis checks, defaults from the domain, the texts from the comments of the interfaces.
import * as z from 'zod';
import { defaultSettings } from '../core/domain/settings.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/domain/time-ms.ts';
import { settingsSchema } from '../lib/relay-settings.ts';
import { settingComments } from './setting-comments.ts';
import type { ApiSchema } from './api-schema.ts';

const [BEGIN, END] = ['<!-- settings -->', '<!-- /settings -->'];

interface SettingRow {
  /** As in `-c settings`: `gate.circuit.probeMs`; of retry policies `retry.*.baseMs`. */
  readonly path: string;
  readonly default: string;
  readonly range: string;
  readonly meaning: string;
  readonly change: string;
}

/** @throws Error for a page without both marks, or a setting that its interface does not describe. */
export function withSettingTables(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/settings.md has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n\n${tables(settingRows())}\n\n${END}${after}`;
}

/** Every setting, in the order of the schema. */
export function settingRows(): readonly SettingRow[] {
  const comments = settingComments();
  return leavesOf(z.toJSONSchema(settingsSchema, { unrepresentable: 'any' }) as ApiSchema, '').map(
    ({ path, schema }) => {
      const comment = comments.get(path);
      if (!comment?.meaning || !comment.change) {
        throw new Error(`The interface of the setting ${path} must say what it means, and @change when to change it`);
      }
      return { path, default: defaultOf(path), range: rangeOf(path, schema), ...comment };
    },
  );
}

interface Leaf {
  readonly path: string;
  readonly schema: ApiSchema;
}

function leavesOf(schema: ApiSchema, at: string): readonly Leaf[] {
  const { properties, additionalProperties } = schema;
  const byKey = typeof additionalProperties === 'object' && additionalProperties.properties;
  if (byKey) return leavesOf({ properties: byKey }, `${at}*.`);
  if (!properties) return [{ path: at.slice(0, -1), schema }];
  return Object.entries(properties).flatMap(([name, part]) => leavesOf(part, `${at}${name}.`));
}

function defaultOf(path: string): string {
  const [group, field] = path.split('.*.');
  if (field === undefined) return written(path, valueAt(path));
  const values = Object.entries(valueAt(group ?? '') as Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  return values.map(([key, policy]) => `\`${key}\`: ${written(path, policy[field])}`).join(', ');
}

function valueAt(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], defaultSettings);
}

function rangeOf(path: string, schema: ApiSchema & Bounds): string {
  if (schema.enum) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'array') return `${schema.minItems ?? 0} to ${schema.maxItems ?? 'any number of'} entries`;
  if (schema.type === 'object') return 'one entry a name';
  const least = schema.minimum === undefined ? `above ${schema.exclusiveMinimum ?? 0}` : written(path, schema.minimum);
  return `${least} to ${written(path, schema.maximum)}`;
}

interface Bounds {
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A value as one writes it in the settings, with its unit for people. */
function written(path: string, value: unknown): string {
  if (Array.isArray(value) && value.length > 0 && path.endsWith('Ms')) return value.map(duration).join(', ');
  const text = `\`${JSON.stringify(value)}\``;
  return path.endsWith('Ms') && typeof value === 'number' && value >= SECOND_MS ? `${text} (${duration(value)})` : text;
}

const units = [
  { name: 'd', ms: DAY_MS },
  { name: 'h', ms: HOUR_MS },
  { name: 'min', ms: MINUTE_MS },
  { name: 's', ms: SECOND_MS },
];

function duration(ms: number): string {
  const unit = units.find((one) => ms >= one.ms && ms % one.ms === 0);
  return unit ? `${ms / unit.ms} ${unit.name}` : `${ms} ms`;
}

/** A table for each group; what has no group comes first. */
function tables(rows: readonly SettingRow[]): string {
  const groups = Map.groupBy(rows, ({ path }) => (path.includes('.') ? (path.split('.')[0] ?? '') : 'tasks'));
  return [...groups]
    .map(([name, part]) => {
      const lines = part.map(
        (row) => `| \`${row.path}\` | ${row.default} | ${row.range} | ${row.meaning} | ${row.change} |`,
      );
      const head = ['| setting | default | range | meaning | change it |', '| --- | --- | --- | --- | --- |'];
      return [`### ${titleOf(name)}`, '', ...head, ...lines].join('\n');
    })
    .join('\n\n');
}

function titleOf(group: string): string {
  return `${group[0]?.toUpperCase() ?? ''}${group.slice(1)}`;
}
