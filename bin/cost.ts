// `npm run docs:cost -- --fixed`: computes what monitoring the relay costs a month whatever the traffic, from
// CloudWatch's price list and the synthesised stack. docs/cost.md has the cost of tasks.
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { alarmTable } from '../lib/monitoring-report/alarm-table.ts';
import { defaultUse, fixedCost } from '../lib/monitoring-report/fixed-cost.ts';
import { monitoredTemplate } from '../lib/monitoring-report/monitored-template.ts';
import { codeValues } from '../lib/monitoring-report/monitoring-page.ts';

interface CostOptions {
  readonly fixed?: true;
  readonly codes: number;
  readonly models: number;
  readonly json?: true;
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

const command = new Command('npm run docs:cost --')
  .description('What the relay costs a month, from its own template.')
  .option('--fixed', 'series, alarms and dashboard: the cost whatever the traffic')
  .option('--codes <number>', 'error codes in an average hour', whole, defaultUse.codesPerHour)
  .option('--models <number>', 'models with series of their own', whole, defaultUse.models)
  .option('--json', 'figures for programs')
  .addHelpText(
    'after',
    '\nExamples:\n  $ npm run docs:cost -- --fixed\n  $ npm run docs:cost -- --fixed --codes 5 --models 3',
  )
  .parse();
const { fixed, codes, models, json } = command.opts<CostOptions>();
if (!fixed) command.help({ error: true });

const use = { ...defaultUse, codesPerHour: codes, models };
const cost = fixedCost(alarmTable(monitoredTemplate()), codeValues.length, use);

function dollars(usd: number): string {
  return usd.toFixed(2);
}

if (json) process.stdout.write(`${JSON.stringify(cost)}\n`);
else {
  const table = new Table({ head: ['a month', 'quantity', 'USD'], style: { head: [], border: [] } });
  for (const { what, quantity, usd } of cost.lines)
    table.push([what, String(Math.round(quantity * 10) / 10), dollars(usd)]);
  table.push(['series and alarms', '', dollars(cost.usd)]);
  table.push(['  after the free share of an account', '', dollars(cost.usdAfterFreeShare)]);
  table.push(['  if every code occurred in every hour', '', dollars(cost.usdAtMost)]);
  table.push(['dashboard (three of an account are free)', '1', dollars(cost.dashboardUsd)]);
  process.stdout.write(`${table.toString()}\n`);
}
