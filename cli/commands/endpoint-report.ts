// A webhook endpoint as the command line shows it: its health, its last answer and what waits for it. Its secrets are
// never shown: only the command that makes one does.
import { publicEndpoint } from '../../core/http/public-webhook.ts';
import { factsText, timeText } from '../terminal.ts';
import type { WebhookEndpoint } from '../../core/domain/webhook/webhook-endpoint.ts';
import type { PublicEndpoint } from '../../core/http/public-webhook.ts';
import type { CommandPorts } from '../command-ports.ts';
import type { Report } from '../terminal.ts';

/** Deliveries counted, at most: who looks wants to know whether it is a few or many. */
const WAITING_COUNTED_MAX = 100;

export type ShownEndpoint = PublicEndpoint & { readonly account_id: string };

export async function shownEndpoint({ store, clock }: CommandPorts, endpoint: WebhookEndpoint): Promise<ShownEndpoint> {
  const lane = await store.loadLane(endpoint.id);
  const hasWaiting = lane?.undeliveredSince !== undefined;
  const count = hasWaiting ? (await store.laneEntries(endpoint.id, WAITING_COUNTED_MAX + 1)).length : 0;
  const waiting = { pending: Math.min(count, WAITING_COUNTED_MAX), isMore: count > WAITING_COUNTED_MAX };
  return { ...publicEndpoint(endpoint, lane, clock.now(), waiting), account_id: endpoint.accountId };
}

export function healthText(shown: PublicEndpoint): string {
  if (shown.disabled) return `disabled (${shown.disabled_reason}) since ${timeText(shown.disabled_at)}`;
  if (shown.failing_since === null) return 'well';
  const pause = shown.paused_until === null ? '' : `, paused until ${timeText(shown.paused_until)}`;
  return `failing since ${timeText(shown.failing_since)}${pause}`;
}

function answerText({ last_answer: last }: PublicEndpoint): string | undefined {
  return last ? `${last.http_status ?? last.cause ?? '-'} at ${timeText(last.at)}` : undefined;
}

export function pendingText({ pending, pending_at_least: isMore }: PublicEndpoint): string {
  return `${pending}${isMore ? '+' : ''}`;
}

export async function endpointReport(ports: CommandPorts, endpoint: WebhookEndpoint): Promise<Report> {
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
