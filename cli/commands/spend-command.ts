// `relay spend`: what an account spent, by day, model or code, or what each account spent. The same figures as
// GET /v1/spend, whose roll-ups it brings up to date first.
import { budgetDayOf } from '../../core/domain/money/account-money.ts';
import { dollarText } from '../../core/domain/money/shown-money.ts';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { dayText, readSpend, readUse, shownSums } from '../../core/flows/read-spend.ts';
import { addCommand, runAs } from '../add-command.ts';
import { oneOf } from '../read-options.ts';
import { tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { SpendSums } from '../../core/domain/money/spend.ts';
import type { SpendDays } from '../../core/ports/spend-store.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface SpendOptions {
  readonly by: 'day' | 'model' | 'code';
  readonly from?: number;
  readonly to?: number;
}

const ROLL_UP_MS = 60 * SECOND_MS;

export function addSpendCommand(program: Command): void {
  runAs<SpendOptions>(
    addCommand(program, 'spend [account]', 'Shows what an account spent, or each account where none is named.', [
      'spend',
      'spend studio --by model --from 2026-11-01',
    ])
      .option('--by <grouping>', 'one of day, model, code; for one account', oneOf(['day', 'model', 'code']), 'day')
      .option('--from <day>', "first day in UTC, such as 2026-11-01 (default: the first of the last day's month)", day)
      .option('--to <day>', 'last day in UTC (default: today)', day),
    ({ ports }, [account], { by, from, to }) => {
      const toDay = to ?? budgetDayOf(ports.clock.now());
      const range = { fromDay: from ?? Math.floor(toDay / 100) * 100 + 1, toDay };
      return account === undefined ? ofEach(ports, range) : ofOne(ports, account, { ...range, by });
    },
  );
}

function day(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && Number.isFinite(Date.parse(text))) return Number(text.replaceAll('-', ''));
  throw new InvalidArgumentError('It must be a day such as 2026-11-01.');
}

async function ofOne(
  ports: CommandPorts,
  idOrName: string,
  asked: SpendDays & Pick<SpendOptions, 'by'>,
): Promise<Report> {
  const { id } = await accountOf(ports, idOrName);
  const { rows, reachesAt } = await readSpend(portsOf(ports), id, asked, ports.clock.now() + ROLL_UP_MS);
  return spendReport(asked, asked.by, rows, reachesAt);
}

async function ofEach(ports: CommandPorts, range: SpendDays): Promise<Report> {
  let reachesAt = ports.clock.now();
  const rows: (readonly [string, SpendSums])[] = [];
  for (const { id } of await ports.store.listAccounts()) {
    const read = await readSpend(portsOf(ports), id, { ...range, by: 'day' }, ports.clock.now() + ROLL_UP_MS);
    reachesAt = Math.min(reachesAt, read.reachesAt);
    rows.push([id, read.total]);
  }
  return spendReport(range, 'account', rows, reachesAt);
}

function portsOf({ store, clock }: CommandPorts): Parameters<typeof readSpend>[0] {
  return { spend: store, events: store, clock };
}

function spendReport(
  { fromDay, toDay }: SpendDays,
  by: string,
  rows: readonly (readonly [string, SpendSums])[],
  reachesAt: number,
): Report {
  return {
    value: {
      by,
      from: dayText(fromDay),
      to: dayText(toDay),
      data: rows.map(([key, sums]) => ({ [by]: key, ...shownSums(sums) })),
      reaches: new Date(reachesAt).toISOString(),
    },
    text: [
      sumsTable(by, rows),
      '',
      `From ${dayText(fromDay)} to ${dayText(toDay)}, ends up to ${timeText(reachesAt)}.`,
    ].join('\n'),
  };
}

function sumsTable(by: string, rows: readonly (readonly [string, SpendSums])[]): string {
  const lines = rows.map(([key, { ends, chargedMicros, inDoubtMicros, givenBackMicros }]) => [
    key,
    String(ends),
    dollarText(chargedMicros),
    dollarText(inDoubtMicros),
    dollarText(givenBackMicros),
  ]);
  const title = by[0]?.toUpperCase() + by.slice(1);
  return tableText([title, 'Ends', 'Charged', 'In doubt', 'Given back'], lines, 'No task has ended in these days.');
}

/** What `accounts show` adds: the newest days, in the names of `GET /v1/account`. */
export async function recentUse(ports: CommandPorts, accountId: string): Promise<Report> {
  const use = await readUse(portsOf(ports), accountId, ports.clock.now() + ROLL_UP_MS);
  const tables = { day: use.days, model: use.models, code: use.codes };
  const recent = {
    from: dayText(use.fromDay),
    to: dayText(use.toDay),
    reaches: new Date(use.reachesAt).toISOString(),
    is_whole: use.isWhole,
    ...Object.fromEntries(
      Object.entries(tables).map(([by, rows]) => [
        `by_${by}`,
        rows.map(([key, sums]) => ({ [by]: key, ...shownSums(sums) })),
      ]),
    ),
  };
  const parts = use.days.length === 0 ? [['day', use.days] as const] : Object.entries(tables);
  return {
    value: { recent },
    text: [
      ...parts.map(([by, rows]) => `${sumsTable(by, rows)}\n`),
      `From ${dayText(use.fromDay)} to ${dayText(use.toDay)}, ends up to ${timeText(use.reachesAt)}.`,
    ].join('\n'),
  };
}
