// Writes docs/monitoring.md: the alarms, when each fires, how severe it is and what it costs, and what is measured. All
// of it is read from the template and the contract, so that the page cannot differ from what is deployed.
import { metricMeanings } from '../../core/contract/metric-meanings.ts';
import { metricDefinitions } from '../../core/contract/metrics.ts';
import { wideLines } from '../../core/contract/wide-lines.ts';
import { errorCatalogue, OTHER_KEY } from '../../core/domain/error-catalogue.ts';
import { alarmTable } from './alarm-table.ts';
import { defaultThresholds } from '../monitoring/alarm-thresholds.ts';
import { defaultUse, fixedCost, freeOfCharge, monitoringPrices } from './fixed-cost.ts';
import { monitoredTemplate, wholeProps } from './monitored-template.ts';
import { savedQueries } from '../monitoring/saved-queries.ts';
import type { AlarmRow } from './alarm-table.ts';
import type { FixedCost } from './fixed-cost.ts';
import type { MetricDefinition, MetricName } from '../../core/contract/metrics.ts';

/** Values of the code dimension: the catalogue's, `other` and `cancelled`. */
export const codeValues: readonly string[] = [...errorCatalogue.map(({ key }) => key), OTHER_KEY, 'cancelled'];

function dollars(usd: number): string {
  return usd.toFixed(2);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** How to mute alarms while the relay is worked on; nothing of it is in the stack. */
const quietSection = [
  '## Quiet during maintenance',
  'An alarm mute rule of CloudWatch keeps alarms from notifying for a while: they are still evaluated, the console and ' +
    'the dashboard show their states, and an alarm that is still in ALARM at the end notifies then. So a rule with an end ' +
    'loses nothing, unlike switched-off actions. One rule takes up to 100 alarms, more than the relay has:',
  [
    '```sh',
    'RELAY=get3w-relay',
    'ALARMS=$(aws cloudwatch describe-alarms --alarm-name-prefix "$RELAY/" --alarm-types MetricAlarm CompositeAlarm \\',
    "  --query '[MetricAlarms[].AlarmName, CompositeAlarms[].AlarmName][]' --output json)",
    'aws cloudwatch put-alarm-mute-rule --name "$RELAY-maintenance" \\',
    '  --rule \'{"Schedule": {"Expression": "at(2026-12-01T22:00)", "Duration": "PT2H", "Timezone": "UTC"}}\' \\',
    '  --mute-targets "{\\"AlarmNames\\": $ALARMS}"',
    '```',
  ].join('\n'),
  'To mute pages only, name the two composite alarms: the alarms that they gather have no actions of their own. ' +
    '`aws cloudwatch delete-alarm-mute-rule` ends it early. A weekly window belongs in your own CDK app, as ' +
    '`CfnAlarmMuteRule`. During maintenance of Get3W, pause the gate (`npm run relay -- gate pause`): tasks wait ' +
    'unharmed and use up no attempts.',
];

/** The page as Markdown, before Prettier formats it. */
export function monitoringPage(): string {
  const usual = alarmTable(monitoredTemplate());
  const all = alarmTable(monitoredTemplate(wholeProps));
  const usualNames = new Set(usual.map(({ name }) => name));
  return [
    ...introduction,
    '## Alarms',
    ALARM_INTRODUCTION,
    table(
      ['alarm', 'severity', 'fires at', 'missing data is', 'USD a month'],
      all.map((row) => alarmRow(row, usualNames.has(row.name))),
    ),
    all
      .filter(({ children }) => children !== '')
      .map(({ name, children }) => `- **${name}** fires with any of: ${children}.`)
      .join('\n'),
    '† Made only when its threshold is set: what is usual depends on the deployment.',
    '## What it costs',
    ...costSection(fixedCost(usual, codeValues.length)),
    '## Thresholds',
    'Each can be set: `-c alarmThresholds=\'{"attemptsFailedPercent":50}\'`, or as a prop of `Get3WRelay`.',
    table(
      ['threshold', 'default'],
      Object.entries(defaultThresholds).map(([name, value]) => [`\`${name}\``, String(value)]),
    ),
    '## Metrics',
    METRIC_INTRODUCTION,
    table(['metric', 'unit', 'series by', 'meaning'], (Object.keys(metricDefinitions) as MetricName[]).map(metricRow)),
    '## The log',
    LOG_INTRODUCTION,
    ...Object.values(wideLines).flatMap(({ message, meaning, fields }) => [
      `### \`${message}\``,
      meaning,
      table(
        ['field', 'meaning'],
        Object.entries(fields).map(([name, text]) => [`\`${name}\``, text]),
      ),
    ]),
    '## Saved queries',
    'In CloudWatch Logs Insights, in a folder with the name of the relay. On one machine the same lines are in `logs/` of ' +
      'the data directory, one file for each function.',
    ...Object.values(savedQueries).flatMap(({ title, lines }) => [
      `### ${title}`,
      `\`\`\`text\n${lines.join('\n| ')}\n\`\`\``,
    ]),
    ...quietSection,
  ].join('\n\n');
}

const introduction = [
  '# Monitoring',
  '<!-- Made by `npm run docs:monitoring` from the stack. A test fails when it is not current. -->',
  'What the relay measures, when an alarm fires, and what monitoring costs. What to do about each alarm is in the ' +
    '[runbook](runbook.md).',
];

const ALARM_INTRODUCTION =
  'A **page** means: act now, users are affected or soon will be. Alarms of this severity do not notify on their own: two ' +
  'composite alarms, `Relay/UsersNotServed` and `Relay/WorkStuck`, gather them, so that one incident pages once. A ' +
  '**ticket** means: look at it this week. Tickets and the two composite alarms notify the topic when they fire and when they end.';

function alarmRow({ name, section, severity, fires, missingData, ...row }: AlarmRow, isUsual: boolean): string[] {
  return [
    `[${name}](runbook.md#${section})${isUsual ? '' : ' †'}`,
    severity,
    fires.replaceAll('|', '\\|'),
    missingData,
    alarmPrice({ ...row }),
  ];
}

function alarmPrice({ kind, metricCount }: Pick<AlarmRow, 'kind' | 'metricCount'>): string {
  if (kind === 'composite') return dollars(monitoringPrices.compositeAlarm);
  if (kind === 'query') return `${dollars(monitoringPrices.alarmMetric)} a code`;
  return dollars(metricCount * monitoringPrices.alarmMetric);
}

function costSection({ lines, usd, usdAfterFreeShare, dashboardUsd, usdAtMost }: FixedCost): readonly string[] {
  return [
    `By CloudWatch's price list (us-east-1, November 2026), with ${defaultUse.codesPerHour} codes an hour beside ` +
      'success; `npm run docs:cost -- --fixed` computes the same for other assumptions.',
    table(
      ['what', 'quantity', 'USD a month'],
      [
        ...lines.map((line) => [line.what, String(Math.round(line.quantity * 10) / 10), dollars(line.usd)]),
        ['**series and alarms**', '', `**${dollars(usd)}**`],
      ],
    ),
    [
      `- The first ${freeOfCharge.series} series and ${freeOfCharge.alarmMetrics} alarms of an account are free: ` +
        `${dollars(usdAfterFreeShare)} where the relay has them to itself.`,
      `- The dashboard is ${dollars(dashboardUsd)} more; the first ${freeOfCharge.dashboards} of an account are free.`,
      `- Series are paid for the hours in which they report. If every code of the catalogue occurred in every hour of the ` +
        `month, it would be ${dollars(usdAtMost)}.`,
      '- A model with series of its own (setting `metrics.models`) adds 0.60 a month. None has by default.',
    ].join('\n'),
  ];
}

const LOG_INTRODUCTION =
  'One JSON line for each request, attempt at Get3W and call of a webhook, written when it has ended, with all that is known of it. ' +
  'Warnings and errors also have `time`, `level`, `service`, `version`; zeros and default values are left out. Follow a task by its `taskId`, a call of a client ' +
  'by its `correlationId`: the `X-Request-Id` that it sent (8 to 128 letters, digits and `_ . = + -`), else the trace id ' +
  'of its `traceparent`, else the id that API Gateway gave it. Every answer of the API has it as `x-request-id`, and ' +
  'the task keeps it for the lines of its attempts. Prompts, texts of errors, keys, addresses and callback tokens are ' +
  'never logged: texts pass only under names that are listed in `core/adapters/json-log.ts`.';

const METRIC_INTRODUCTION =
  'One definition of each, in `core/contract/metrics.ts`. Every series has the dimension `service`. *In the log* ' +
  'means that the value is in its line, for Logs Insights, and makes no series: a series is paid by the month. ' +
  '*Silent at 0* means that a zero is not reported. Ids are properties of the lines, never dimensions.';

function metricRow(name: MetricName): string[] {
  const { unit, kept, hasTotal, dimensions, zero, reports }: MetricDefinition = metricDefinitions[name];
  const sets = [...(hasTotal ? ['service'] : []), ...dimensions];
  const notes = [...(zero === 'silent' ? ['silent at 0'] : []), ...(reports === 'rarely' ? ['rare'] : [])];
  const by = kept === 'log' ? '*in the log*' : `${sets.join(', ')}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
  return [`\`${name}\``, unit, by, metricMeanings[name]];
}
