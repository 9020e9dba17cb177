// `relay endpoints`: the webhook endpoints of all accounts, which of them fail and since when, and their deliveries.
// endpoint-changes.ts makes and changes them, endpoint-sends.ts sends them something.
import { InvalidArgumentError } from 'commander';
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { callCauses } from '../../core/domain/webhook/delivery-filter.ts';
import { deliveryCodeOf } from '../../core/http/delivery-code.ts';
import { publicDelivery } from '../../core/http/public-webhook.ts';
import { addCommand, runAs } from '../add-command.ts';
import { oneOf, readWholeNumber } from '../read-options.ts';
import { shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { bindCursor, foreignCursor, unbindCursor } from './bound-cursor.ts';
import { addEndpointChanges } from './endpoint-changes.ts';
import { endpointReport, healthText, pendingText, shownEndpoint } from './endpoint-report.ts';
import { addEndpointSends } from './endpoint-sends.ts';
import { loadEndpoint } from './found-endpoint.ts';
import { addSpan, spanOf } from './task-filter-options.ts';
import { continued } from '../typed-command.ts';
import type { ShownEndpoint } from './endpoint-report.ts';
import type { Command } from 'commander';
import type { DeliveryFilter } from '../../core/domain/webhook/delivery-filter.ts';
import type { SpanOptions } from './task-filter-options.ts';
import type { DeliveryStatus } from '../../core/domain/webhook/delivery.ts';
import type { DeliveryPage, DeliveryQuery } from '../../core/ports/webhook-ports.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

const deliveryStates = ['pending', 'delivered', 'exhausted'] as const satisfies readonly DeliveryStatus[];

interface ListOptions {
  readonly account?: string;
  readonly troubled?: true;
}

interface DeliveryOptions extends SpanOptions {
  readonly status?: DeliveryStatus;
  readonly code?: DeliveryFilter['met'];
  readonly limit: number;
  readonly cursor?: string;
}

/** Account by account: there is no index over endpoints, and none is needed for a list that people read. */
async function listEndpoints({ ports }: CommandContext, { account, troubled }: ListOptions): Promise<Report> {
  const { store } = ports;
  const accounts = account === undefined ? await store.listAccounts() : [await accountOf(ports, account)];
  const found: ShownEndpoint[] = [];
  const rows: (readonly string[])[] = [];
  for (const { id, name } of accounts) {
    for (const endpoint of await store.listEndpoints(id)) {
      const shown = await shownEndpoint(ports, endpoint);
      if (troubled && !shown.disabled && shown.failing_since === null) continue;
      found.push(shown);
      rows.push([shown.id, shortened(name, 16), shortened(shown.url, 50), pendingText(shown), healthText(shown)]);
    }
  }
  const titles = ['Endpoint', 'Account', 'Address', 'Pending', 'Health'];
  return { value: { data: found }, text: tableText(titles, rows, 'No endpoint matches.') };
}

/** @throws CommandFailure for a cursor of another list. */
async function pageOf({ store }: CommandPorts, query: DeliveryQuery): Promise<DeliveryPage> {
  try {
    return await store.listDeliveries(query);
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw foreignCursor();
  }
}

async function listDeliveries({ ports }: CommandContext, id: string, options: DeliveryOptions): Promise<Report> {
  const { store, clock } = ports;
  const endpoint = await loadEndpoint(ports, id);
  const { status, code: met, limit } = options;
  const query = unbindCursor(options.cursor, options, { laneId: endpoint.id, status, met, ...spanOf(options), limit });
  const [page, lane] = await Promise.all([pageOf(ports, query), store.loadLane(endpoint.id)]);
  const shown = page.deliveries.map((one) => publicDelivery(one, { endpoint, lane }, clock.now()));
  const rows = shown.map((one) => {
    const last = one.attempts.at(-1);
    const answer = String(last?.http_status ?? last?.cause ?? '-');
    const calls = String(one.attempt_count);
    return [one.id, timeText(one.created_at), one.event_type, one.status, answer, calls, timeText(one.next_attempt_at)];
  });
  const titles = ['Delivery', 'Made', 'Event', 'State', 'Answer', 'Calls', 'Next call'];
  const next = page.cursor === undefined ? null : bindCursor(page.cursor, options, query);
  const more = next === null ? '' : `\n\nMore: ${continued(next)}`;
  return {
    value: { data: shown, next_cursor: next },
    text: tableText(titles, rows, 'No deliveries match.') + more,
  };
}

function deliveryCode(text: string): DeliveryFilter['met'] {
  const met = deliveryCodeOf(text);
  if (met !== undefined) return met;
  throw new InvalidArgumentError(`It must be an HTTP status, or one of ${callCauses.join(', ')}.`);
}

export function addEndpointCommands(program: Command): void {
  const endpoints = program.command('endpoints').description('the webhook endpoints of all accounts');

  runAs<ListOptions>(
    addCommand(endpoints, 'list', 'Lists webhook endpoints, with which fail, are paused or disabled.', [
      'endpoints list --troubled',
      'endpoints list --account studio --json',
    ])
      .option('--account <account>', 'of this account only; id or name')
      .option('--troubled', 'only those that fail or are disabled'),
    (context, _args, options) => listEndpoints(context, options),
  );

  runAs(
    addCommand(endpoints, 'show <endpoint>', 'Shows an endpoint: its health, its last answer and what waits for it.', [
      'endpoints show we_01983f4e-…',
    ]),
    async ({ ports }, [id = '']) => endpointReport(ports, await loadEndpoint(ports, id)),
  );

  const deliveries = addCommand(
    endpoints,
    'deliveries <endpoint>',
    'Lists the deliveries of an endpoint, newest first.',
    [
      'endpoints deliveries we_01983f4e-… --status exhausted',
      'endpoints deliveries we_01983f4e-… --code 503 --since 2h',
    ],
  )
    .option('--status <state>', `one of ${deliveryStates.join(', ')}`, oneOf(deliveryStates))
    .option('--code <code>', `met in any call: an HTTP status, or one of ${callCauses.join(', ')}`, deliveryCode);
  runAs<DeliveryOptions>(
    addSpan(deliveries)
      .option('--limit <number>', 'how many', readWholeNumber(1, limits.pageSizeMax), limits.pageSizeDefault)
      .option('--cursor <cursor>', 'where an earlier page ended'),
    (context, [id = ''], options) => listDeliveries(context, id, options),
  );

  addEndpointChanges(endpoints);
  addEndpointSends(endpoints);
}
