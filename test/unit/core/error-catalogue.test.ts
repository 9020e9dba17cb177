// The catalogue against Get3W's two tables, and docs/errors.md against the catalogue, both ways.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, findError, httpErrorText, metricCode } from '../../../core/domain/error-catalogue.ts';

interface Tables {
  readonly http: readonly { status: number; name: string; errors: string[]; transient: boolean }[];
  readonly task: readonly { code: number; name: string; transient: boolean }[];
}

const tables = JSON.parse(readFileSync(new URL('./get3w-error-tables.json', import.meta.url), 'utf8')) as Tables;
const document = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** The rows of docs/errors.md as cells, headings and rules left out; the relay's own faults are a table of their own. */
const documentRows = (document.split('## Faults of the relay itself')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('the error catalogue', () => {
  it('has every row of both of the tables of Get3W, with their names, texts and transience', () => {
    for (const row of tables.http) {
      expect(findError('http', row.status)).toMatchObject({
        name: row.name,
        texts: row.errors,
        transient: row.transient,
        documented: true,
      });
    }
    for (const row of tables.task) {
      expect(findError('task', row.code)).toMatchObject({ name: row.name, transient: row.transient, documented: true });
    }
  });

  it('marks nothing as documented that those tables do not have', () => {
    const documented = errorCatalogue.filter((entry) => entry.documented).map(({ key }) => key);
    const expected = [
      ...tables.http.map(({ status }) => `http-${status}`),
      ...tables.task.map(({ code }) => `task-${code}`),
    ];
    expect(documented.toSorted()).toEqual(expected.toSorted());
  });

  it('has one entry per key, and a final code of the task table for each', () => {
    expect(new Set(errorCatalogue.map(({ key }) => key)).size).toBe(errorCatalogue.length);
    for (const entry of errorCatalogue) expect(findError('task', entry.finalCode), entry.key).toBeDefined();
  });

  it('closes the set of metric codes with `other`', () => {
    expect(metricCode('task', 5003)).toBe('task-5003');
    expect(metricCode('task', 9999)).toBe('other');
  });

  it('refuses to invent a text for a status that Get3W does not document', () => {
    expect(() => httpErrorText(418)).toThrow(/418/);
  });

  it('is in docs/errors.md row for row, with no other rows', () => {
    const expected = errorCatalogue.map((entry) => [
      `\`${entry.key}\``,
      entry.name,
      entry.texts.length === 0 ? '' : entry.texts.map((text) => `\`${text}\``).join('<br>'),
      entry.documented ? 'yes' : 'no',
      entry.transient ? 'yes' : 'no',
      entry.reaction,
      entry.attributedTo,
      String(entry.finalCode),
      entry.sentence,
    ]);
    expect(documentRows).toEqual(expected);
  });
});
