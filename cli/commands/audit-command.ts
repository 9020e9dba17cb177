// `relay audit`: what people did to the relay, through the API or the command line, newest first.
// audited-command.ts puts the acts of the command line on the record.
import colours from 'picocolors';
import { auditActions } from '../../core/domain/audit-entry.ts';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { changesText, publicAuditEntry } from '../../core/http/public-audit.ts';
import { addCommand, runAs } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { oneOf, readWholeNumber } from '../read-options.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { moment } from './task-filter-options.ts';
import { accountOf } from './account-of.ts';
import { continued } from '../typed-command.ts';
import type { Command } from 'commander';
import type { AuditAction } from '../../core/domain/audit-entry.ts';
import type { PublicAuditEntry } from '../../core/http/public-audit.ts';
import type { AuditPage, AuditQuery } from '../../core/ports/audit-log.ts';
import type { CommandContext } from '../add-command.ts';
import type { Moment } from './task-filter-options.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

interface AuditOptions {
  readonly account?: string;
  readonly action?: AuditAction;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly limit: number;
  readonly cursor?: string;
}

function actorText({ actor }: PublicAuditEntry): string {
  if (actor.kind === 'command-line') return actor.principal ?? '-';
  return `${actor.key_name ?? `${actor.key_hint}…`} of ${shortened(actor.account ?? '-', 14)}`;
}

async function listAudit({ ports }: CommandContext, options: AuditOptions): Promise<Report> {
  const { account, action, from, to, limit, cursor } = options;
  const accountId = account === undefined ? undefined : (await accountOf(ports, account)).id;
  const page = await pageOf(ports, { accountId, action, fromMs: from?.at, toMs: to?.at, limit, cursor });
  const data = page.entries.map(publicAuditEntry);
  const rows = data.map((entry) => [
    timeText(entry.at),
    actorText(entry),
    entry.action,
    entry.target ?? '-',
    entry.outcome,
    [changesText(entry), entry.reason, entry.error].filter((text) => text !== null && text !== '').join(' · '),
  ]);
  const table = tableText(
    ['When', 'Who', 'What', 'On what', 'Outcome', 'What exactly, and why'],
    rows,
    'No entry matches.',
  );
  const more = page.cursor === undefined ? '' : `\n\n${colours.dim(`More: ${continued(page.cursor)}`)}`;
  return { value: { data, next_cursor: page.cursor ?? null }, text: table + more };
}

/** @throws CommandFailure for a cursor of another list. */
async function pageOf({ audit }: CommandPorts, query: AuditQuery): Promise<AuditPage> {
  try {
    return await audit.read(query);
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw new CommandFailure('The cursor is not one of this list.', 'Begin without --cursor.', exitCodes.usage);
  }
}

export function addAuditCommand(program: Command): void {
  return runAs<AuditOptions>(
    addCommand(program, 'audit', 'Lists what people did to the relay, newest first.', [
      'audit --limit 50',
      'audit --account studio --action task.cancel --json',
    ])
      .option('--account <account>', 'only acts on things of this account; id or name')
      .option('--action <action>', `only acts of this kind: ${auditActions.join(', ')}`, oneOf(auditActions))
      .option('--from <when>', 'done at or after: 15m, 2h, 2026-11-01 or 2026-11-01T12:00:00Z', moment)
      .option('--to <when>', 'done before', moment)
      .option('--limit <number>', 'how many', readWholeNumber(1, limits.pageSizeMax), limits.pageSizeDefault)
      .option('--cursor <cursor>', 'where an earlier page ended'),
    (context, _args, options) => listAudit(context, options),
  );
}
