// What belongs to the alarms: the runbook with a section for each, metrics that all are used, the dashboard, the
// saved queries, and the page and the cost that are made from the stack.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { metricDefinitions } from '../../core/contract/metrics.ts';
import { wideLines } from '../../core/contract/wide-lines.ts';
import { alarmTable } from '../../lib/monitoring-report/alarm-table.ts';
import { defaultUse, fixedCost } from '../../lib/monitoring-report/fixed-cost.ts';
import { wholeProps } from '../../lib/monitoring-report/monitored-template.ts';
import { codeValues, monitoringPage } from '../../lib/monitoring-report/monitoring-page.ts';
import { savedQueries } from '../../lib/monitoring/saved-queries.ts';
import { defaultTemplate, synthesise } from '../support/relay-template.ts';
import type { MetricName } from '../../core/contract/metrics.ts';
import type { Cfn } from '../support/relay-template.ts';

function docs(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8');
}

const whole = synthesise(wholeProps);
const rows = alarmTable(whole.json);
const usualRows = alarmTable(defaultTemplate().json);

/** The dashboard's body; a logical id is in the place of each name of CloudFormation. */
function dashboard(): Cfn {
  const parts: Cfn[] = whole.only('AWS::CloudWatch::Dashboard').properties.DashboardBody['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : (part.Ref ?? 'attribute'))).join(''));
}

function widgetTitles(): string[] {
  return dashboard().widgets.flatMap(({ properties }: Cfn) => properties.title ?? []);
}

function rowTitles(): string[] {
  return dashboard().widgets.flatMap(({ properties }: Cfn) => /^## (.*)$/.exec(properties.markdown ?? '')?.[1] ?? []);
}

interface Section {
  readonly title: string;
  readonly alarm: string;
  readonly text: string;
}

function runbook(): Section[] {
  return docs('runbook.md')
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const [title = '', , alarm = ''] = text.split('\n');
      return { title, alarm: alarm.replaceAll('`', ''), text };
    });
}

function slug(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

describe('the runbook', () => {
  it('has one section for each alarm that there can be, and none for others', () => {
    expect(
      runbook()
        .map(({ alarm }) => alarm)
        .sort(),
    ).toEqual(rows.map(({ name }) => name).sort());
  });

  it('has each section at the address that its alarm gives', () => {
    const sections = new Map(runbook().map(({ alarm, title }) => [alarm, slug(title)]));
    for (const { name, section } of rows) expect(sections.get(name), name).toBe(section);
  });

  it.each(['What it means.', 'What to check.', 'What to do.', 'How to know it is over.'])(
    'says in every section: %s',
    (question) => {
      for (const { title, text } of runbook()) {
        const answer = text.split(`**${question}**`)[1]?.split('\n')[0]?.trim() ?? '';
        expect(answer.length, title).toBeGreaterThan(25);
      }
    },
  );

  it('speaks only of widgets, rows and queries that are there', () => {
    const known = [...widgetTitles(), ...rowTitles(), ...Object.values(savedQueries).map(({ title }) => title)];
    const named = [...docs('runbook.md').matchAll(/(?<=[\s,(])_([^_\n]+)_(?=[\s,.;:)])/g)].map(
      ([, phrase]) => phrase ?? '',
    );
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((phrase) => !known.some((title) => title.startsWith(phrase)))).toEqual([]);
  });
});

describe('metrics', () => {
  const names = Object.keys(metricDefinitions) as MetricName[];
  const alarms = JSON.stringify(whole.ofType('AWS::CloudWatch::Alarm').map(({ properties }) => properties));
  const isIn = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(text);

  it.each(names.filter((name) => metricDefinitions[name].kept === 'series'))(
    '%s, being paid for, is read by an alarm or a widget',
    (name) => {
      expect(isIn(alarms, name) || isIn(JSON.stringify(dashboard()), name)).toBe(true);
    },
  );

  it.each(names.filter((name) => metricDefinitions[name].kept === 'log'))(
    '%s, being in the log alone, is read by a saved query',
    (name) => {
      expect(Object.values(savedQueries).some(({ lines }) => isIn(lines.join(' '), name))).toBe(true);
    },
  );

  it('that count something rare are silent at zero, or they would report all the time', () => {
    const rare = Object.values(metricDefinitions).filter(({ reports }) => reports === 'rarely');
    expect(rare.every(({ zero }) => zero === 'silent')).toBe(true);
  });

  it('without a total have a dimension of their own, or they would have no series at all', () => {
    const bare = Object.values(metricDefinitions).filter(({ hasTotal }) => !hasTotal);
    expect(bare.length).toBeGreaterThan(0);
    expect(bare.every(({ dimensions }) => dimensions.length > 0)).toBe(true);
  });
});

describe('the dashboard', () => {
  it('has the states of all alarms on top and then a row for each question', () => {
    const [head, states] = dashboard().widgets;
    expect(head.properties.markdown).toContain('/console/runbook`');
    expect(states).toMatchObject({ type: 'alarm', y: 2 });
    expect(states.properties.alarms).toHaveLength(rows.length);
    expect(rowTitles()).toEqual([
      'Are users served?',
      'Is work moving?',
      'What fails, and with which code?',
      'What does it cost?',
    ]);
  });

  it('has a variable that puts another model in the place of the one its widgets name', () => {
    expect(dashboard().variables).toMatchObject([
      { type: 'property', property: 'model', id: 'model', inputType: 'select' },
    ]);
    const ofModel = dashboard().widgets.filter((widget: Cfn) => JSON.stringify(widget).includes('"model","other"'));
    expect(ofModel.length).toBeGreaterThanOrEqual(3);
  });

  it('has the name of its relay', () => {
    expect(whole.only('AWS::CloudWatch::Dashboard').properties.DashboardName).toBe('get3w-relay');
  });
});

describe('the saved queries', () => {
  it('read the log of every function, in a folder of the relay', () => {
    const functions = whole.ofType('AWS::Lambda::Function');
    const queries = whole.ofType('AWS::Logs::QueryDefinition');
    expect(queries).toHaveLength(Object.keys(savedQueries).length);
    for (const { properties } of queries) {
      expect(properties.Name).toMatch(/^get3w-relay\/\w/);
      expect(properties.LogGroupNames).toHaveLength(functions.length);
    }
  });
});

/** Words of Logs Insights that are not fields. */
const insightsWords = new Set(
  'fields filter stats sort limit by as and or in not asc desc like ispresent count count_distinct sum avg min max pct bin'.split(
    ' ',
  ),
);
/** Fields of lines that are neither wide nor metrics. */
const plainFields = ['message', 'level', 'service', 'reason', 'error.name', 'error.message'];

describe('the fields that saved queries read', () => {
  const known = new Set<string>([
    ...Object.values(wideLines).flatMap(({ fields }) => Object.keys(fields)),
    ...Object.keys(metricDefinitions),
    ...plainFields,
  ]);

  it.each(Object.entries(savedQueries))('in %s are fields that the log has', (_id, { lines }) => {
    const text = lines.join(' | ').replaceAll(/'[^']*'/g, '');
    const aliases = new Set([...text.matchAll(/\bas (\w+)/g)].map(([, alias]) => alias));
    const words = text.match(/(?<![@\w.])[a-zA-Z][\w.]*/g) ?? [];
    const read = words.filter((word) => !insightsWords.has(word) && !aliases.has(word));
    expect(words.length).toBeGreaterThan(3);
    expect(read.filter((word) => !known.has(word))).toEqual([]);
  });

  it('are found by messages that functions write', () => {
    const asked = Object.values(savedQueries).flatMap(({ lines }) =>
      [...lines.join(' ').matchAll(/message = '([^']+)'/g)].map(([, message]) => message),
    );
    const written = [...Object.values(wideLines).map(({ message }) => message), 'An outcome changed nothing'];
    expect(new Set(asked)).toEqual(new Set(written));
  });
});

describe('what monitoring costs', () => {
  const cost = fixedCost(usualRows, codeValues.length);

  it('stays under 16.50 USD a month for series and alarms at defaults', () => {
    expect(cost.usd).toBeGreaterThan(10);
    expect(cost.usd).toBeLessThan(16.5);
  });

  it('adds up its lines, counts each metric of an alarm, and grows with codes and models', () => {
    expect(cost.usd).toBeCloseTo(cost.lines.reduce((sum, { usd }) => sum + usd, 0));
    const metrics = whole
      .ofType('AWS::CloudWatch::Alarm')
      .flatMap(({ properties }) => properties.Metrics?.filter((query: Cfn) => query.MetricStat) ?? ['single']);
    expect(rows.reduce((sum, { metricCount }) => sum + metricCount, 0)).toBe(metrics.length);
    const more = fixedCost(usualRows, codeValues.length, { ...defaultUse, codesPerHour: 3 });
    // Four series that report all the time, three of four rare ones' shares, and one metric more for the query alarm.
    expect(more.usd - cost.usd).toBeCloseTo(4 * 0.3 + 3 * 0.1 * 0.3 + 0.1);
    const models = fixedCost(usualRows, codeValues.length, { ...defaultUse, models: 1 });
    expect(models.usd - cost.usd).toBeGreaterThan(1);
    expect(cost.usdAtMost).toBeGreaterThan(cost.usd);
  });
});

describe('docs/monitoring.md', () => {
  it('matches the stack: `npm run docs:monitoring` rewrites it', async () => {
    const path = join(import.meta.dirname, '..', '..', 'docs', 'monitoring.md');
    const current = await format(monitoringPage(), { ...(await resolveConfig(path)), filepath: path });
    expect(docs('monitoring.md')).toBe(current);
  });

  it('has a row with threshold, severity and price for each alarm', () => {
    const page = docs('monitoring.md');
    for (const { name, section, severity } of rows) {
      const row = page.split('\n').find((line) => line.includes(`[${name}](runbook.md#${section})`));
      expect(row, name).toMatch(new RegExp(`\\| ${severity} +\\|.*\\| \\d\\.\\d\\d( a code)? +\\|$`));
    }
  });
});
