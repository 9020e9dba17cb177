// `relay endpoints`: the webhook endpoints of all accounts, which of them fail and since when, and their deliveries.
// Switches an endpoint off and on as the API does; what calls a receiver or shows a secret stays with the API.
import { limits } from '../../core/domain/limits.ts';
import { RelayError } from '../../core/domain/relay-error.ts';
import { forgiven } from '../../core/domain/webhook/lane.ts';
import { sendLaneDoorbell } from '../../core/flows/send-lane-doorbell.ts';
import { publicDelivery, publicEndpoint } from '../../core/http/public-webhook.ts';
import { commitOptimistically, tryPolicies } from '../../core/ports/optimistic-commit.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { oneOf, readWholeNumber } from '../read-options.ts';
import { factsText, shortened, tableText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { loadEndpoint } from './found-endpoint.ts';
import type { Command } from 'commander';
import type { DeliveryStatus } from '../../core/domain/webhook/delivery.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { PublicEndpoint } from '../../core/http/public-webhook.ts';
import type { DeliveryPage, DeliveryQuery } from '../../core/ports/webhook-ports.ts';
import type { CommandContext } from '../add-command.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

const deliveryStates = ['pending', 'delivered', 'exhausted'] as const satisfies readonly DeliveryStatus[];

interface ListOptions {
  readonly account?: string;
  readonly troubled?: true;
}

interface DeliveryOptions {
  readonly status?: DeliveryStatus;
  readonly limit: number;
  readonly cursor?: string;
}

/** Deliveries counted, at most: who looks wants to know whether it is a few or many. */
const WAITING_COUNTED_MAX = 100;

type ShownEndpoint = PublicEndpoint & { readonly account_id: string };

async function shownEndpoint({ store, clock }: CommandPorts, endpoint: WebhookEndpoint): Promise<ShownEndpoint> {
  const lane = await store.loadLane(endpoint.id);
  const hasWaiting = lane?.undeliveredSince !== undefined;
  const count = hasWaiting ? (await store.laneEntries(endpoint.id, WAITING_COUNTED_MAX + 1)).length : 0;
  const waiting = { pending: Math.min(count, WAITING_COUNTED_MAX), isMore: count > WAITING_COUNTED_MAX };
  return { ...publicEndpoint(endpoint, lane, clock.now(), waiting), account_id: endpoint.accountId };
}

function healthText(shown: PublicEndpoint): string {
  if (shown.disabled) return `disabled (${shown.disabled_reason}) since ${timeText(shown.disabled_at)}`;
  if (shown.failing_since === null) return 'well';
  const pause = shown.paused_until === null ? '' : `, paused until ${timeText(shown.paused_until)}`;
  return `failing since ${timeText(shown.failing_since)}${pause}`;
}

function answerText({ last_answer: last }: PublicEndpoint): string | undefined {
  return last ? `${last.http_status ?? last.cause ?? '-'} at ${timeText(last.at)}` : undefined;
}

function pendingText({ pending, pending_at_least: isMore }: PublicEndpoint): string {
  return `${pending}${isMore ? '+' : ''}`;
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

async function report(ports: CommandPorts, endpoint: WebhookEndpoint): Promise<Report> {
  const shown = await shownEndpoint(ports, endpoint);
  const text = factsText({
    Endpoint: shown.id,
    Account: shown.account_id,
    Address: shown.url,
    Description: shown.description ?? undefined,
    Events: shown.events?.join(', ') ?? 'all',
    Health: healthText(shown),
    'Last answer': answerText(shown),
    Pending: pendingText(shown),
    'Oldest undelivered': timeText(shown.oldest_undelivered_at),
    Made: timeText(shown.created_at),
  });
  return { value: shown, text };
}

/** @throws CommandFailure for a cursor of another list. */
async function pageOf({ store }: CommandPorts, query: DeliveryQuery): Promise<DeliveryPage> {
  try {
    return await store.listDeliveries(query);
  } catch (error) {
    if (!(error instanceof RelayError && error.code === 'bad-cursor')) throw error;
    throw new CommandFailure('The cursor is not one of this list.', 'Begin without --cursor.', exitCodes.usage);
  }
}

async function listDeliveries({ ports }: CommandContext, id: string, options: DeliveryOptions): Promise<Report> {
  const { store, clock } = ports;
  const endpoint = await loadEndpoint(ports, id);
  const { status, limit, cursor } = options;
  const [page, lane] = await Promise.all([
    pageOf(ports, { laneId: endpoint.id, status, limit, cursor }),
    store.loadLane(endpoint.id),
  ]);
  const shown = page.deliveries.map((one) => publicDelivery(one, { endpoint, lane }, clock.now()));
  const rows = shown.map((one) => {
    const last = one.attempts.at(-1);
    const answer = String(last?.http_status ?? last?.cause ?? '-');
    const calls = String(one.attempt_count);
    return [one.id, timeText(one.created_at), one.event_type, one.status, answer, calls, timeText(one.next_attempt_at)];
  });
  const titles = ['Delivery', 'Made', 'Event', 'State', 'Answer', 'Calls', 'Next call'];
  const more = page.cursor === undefined ? '' : `\n\nMore: --cursor ${page.cursor}`;
  return {
    value: { data: shown, next_cursor: page.cursor ?? null },
    text: tableText(titles, rows, 'No deliveries match.') + more,
  };
}

/** On its newest version; an endpoint that is switched on again is called at once. */
async function setDisabled({ ports }: CommandContext, id: string, isDisabled: boolean): Promise<Report> {
  const { store, clock } = ports;
  const { before, after } = await commitOptimistically(ports, {
    policy: tryPolicies.endpoint,
    attempt: async () => {
      const before = await loadEndpoint(ports, id);
      const { disabled: old, ...bare } = before;
      const disabled = old ?? { since: clock.now(), reason: 'owner' as const };
      const next = { updatedAt: clock.now(), version: before.version + 1 };
      const after: WebhookEndpoint = { ...bare, ...next, ...(isDisabled && { disabled }) };
      return (await store.saveEndpoint(after)) ? { result: { before, after } } : 'lost';
    },
    contended: () => new CommandFailure('The endpoint is being changed by others.', 'Repeat the command.'),
  });
  if (before.disabled && !after.disabled) {
    // Its failures and its disabling prove nothing about it any more, as where its owner enables it.
    await store.changeLane(after.id, forgiven);
    await sendLaneDoorbell({ ...ports, webhooks: store }, { laneId: after.id, accountId: after.accountId });
  }
  return report(ports, after);
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
    async ({ ports }, [id = '']) => report(ports, await loadEndpoint(ports, id)),
  );

  runAs<DeliveryOptions>(
    addCommand(endpoints, 'deliveries <endpoint>', 'Lists the deliveries of an endpoint, newest first.', [
      'endpoints deliveries we_01983f4e-… --status exhausted',
    ])
      .option('--status <state>', `one of ${deliveryStates.join(', ')}`, oneOf(deliveryStates))
      .option('--limit <number>', 'how many', readWholeNumber(1, limits.pageSizeMax), limits.pageSizeDefault)
      .option('--cursor <cursor>', 'where an earlier page ended'),
    (context, [id = ''], options) => listDeliveries(context, id, options),
  );

  addSwitch(
    endpoints,
    'disable',
    'Sends an endpoint nothing more; what happens meanwhile can be sent by recovering it.',
  );
  addSwitch(endpoints, 'enable', 'Calls a disabled endpoint again, at once.');
}

function addSwitch(endpoints: Command, name: 'disable' | 'enable', description: string): void {
  runAs(
    withReason(addCommand(endpoints, `${name} <endpoint>`, description, [`endpoints ${name} we_01983f4e-…`])),
    (context, [id = '']) => setDisabled(context, id, name === 'disable'),
    'endpoint.change',
  );
}
