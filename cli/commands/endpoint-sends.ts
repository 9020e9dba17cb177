// `relay endpoints test`, `recover` and `replay`: what sends a receiver something, as the API and the console do. The
// self-test calls from this machine, the rest is sent by the relay.
import colours from 'picocolors';
import { publicDelivery } from '../../core/http/public-webhook.ts';
import { recoverEndpoint, recoveryStart } from '../../core/flows/recover-endpoint.ts';
import { replayNow, requireEnabled } from '../../core/flows/replay-delivery.ts';
import { testEndpoint } from '../../core/flows/test-endpoint.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { auditedCommand } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { endpointPorts } from '../endpoint-ports.ts';
import { untilInterrupted } from '../interruption.ts';
import { factsText, tableText } from '../terminal.ts';
import { addBulkOptions, runReplay } from './bulk-jobs.ts';
import { loadEndpoint } from './found-endpoint.ts';
import { addSpan, moment } from './task-filter-options.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { EventPlace } from '../../core/ports/webhook-ports.ts';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';
import type { BulkOptions } from './bulk-jobs.ts';
import type { Moment, SpanOptions } from './task-filter-options.ts';

type ReplayOptions = SpanOptions & BulkOptions & { readonly allFailed?: true };

async function test({ ports }: CommandContext, id: string): Promise<Report> {
  const endpoint = await loadEndpoint(ports, id);
  const verdict = await testEndpoint(endpointPorts(ports), endpoint);
  const rows = verdict.deliveries.map((one) => [
    one.name,
    one.expected,
    one.taken === null ? `no answer (${one.cause ?? '-'})` : one.taken ? 'taken' : 'refused',
    String(one.http_status ?? '-'),
    `${one.duration_ms} ms`,
    one.advice ?? 'right',
  ]);
  const table = tableText(['Call', 'Should be', 'Was', 'Status', 'Took', 'Verdict'], rows, '');
  const passed = verdict.passed ? colours.green('passed') : colours.red('failed');
  const text = `${table}\n\nThe self-test ${passed}. The calls came from this machine, not from the relay.`;
  return {
    value: { ...verdict, account_id: endpoint.accountId },
    text,
    ...(!verdict.passed && { exitCode: exitCodes.failed }),
  };
}

/** Step by step to the end of the log. A command that is ended in between may be repeated: nothing is sent twice. */
function recover({ ports, terminal }: CommandContext, id: string, since: Moment): Promise<Report> {
  const load = () => loadEndpoint(ports, id);
  const sum = { examined: 0, recovered: 0, skipped: 0, under_way: 0 };
  return untilInterrupted(async (signal) => {
    let after: EventPlace | undefined = recoveryStart(since.at);
    let accountId = '';
    while (after && !signal.aborted) {
      const { endpoint, tally, reached } = await recoverEndpoint({ ...ports, webhooks: ports.store }, load, after);
      for (const name of ['examined', 'recovered', 'skipped', 'under_way'] as const) sum[name] += tally[name];
      ({ accountId } = endpoint);
      after = reached;
      if (after) terminal.note(`${sum.examined.toLocaleString('en')} events examined so far`);
    }
    if (after) terminal.note('Ended before the end of the log. Repeat the command: nothing is sent twice.');
    const sinceText = new Date(since.at).toISOString();
    const value = { id, account_id: accountId, since: sinceText, done: !after, ...sum };
    const text = factsText({
      Since: sinceText,
      'Events examined': String(sum.examined),
      'Sent again': String(sum.recovered),
      'Accepted before, or not wanted': String(sum.skipped),
      'On their way already': String(sum.under_way),
    });
    return { value, text, ...(after && { exitCode: exitCodes.interrupted }) };
  });
}

/** One delivery, or all that the relay gave up, as a job. */
async function replay(context: CommandContext, args: readonly string[], options: ReplayOptions): Promise<Report> {
  const [endpointId = '', deliveryId] = args;
  const { allFailed, reason, dryRun, from, since, to } = options;
  if ((deliveryId === undefined) === (allFailed === undefined)) {
    const advice = `Name one delivery, or give --all-failed; \`${typed(`endpoints deliveries ${endpointId}`)}\` lists them.`;
    throw new CommandFailure('The command must say which deliveries are meant.', advice, exitCodes.usage);
  }
  if (deliveryId === undefined) return runReplay(context, endpointId, options);
  if (dryRun || from || since || to) {
    const advice = 'Leave the id of the delivery out, and add --all-failed, or leave out the other options.';
    throw new CommandFailure('A delivery was named, and options that are for many.', advice, exitCodes.usage);
  }
  const { ports } = context;
  return auditedCommand(ports, { action: 'delivery.replay', target: deliveryId, reason }, async () => {
    const endpoint = await loadEndpoint(ports, endpointId);
    requireEnabled(endpoint);
    const [delivery] = await ports.store.loadDeliveries([{ laneId: endpoint.id, id: deliveryId }]);
    if (!delivery) {
      const advice = `\`${typed(`endpoints deliveries ${endpoint.id}`)}\` lists them.`;
      throw new CommandFailure(`The endpoint has no delivery ${deliveryId}.`, advice, exitCodes.notFound);
    }
    const replayed = await replayNow({ ...ports, webhooks: ports.store }, delivery);
    const shown = publicDelivery(replayed, { endpoint, lane: undefined }, ports.clock.now());
    return {
      value: { ...shown, account_id: endpoint.accountId },
      text: factsText({ Delivery: shown.id, State: shown.status, Replay: String(shown.replays) }),
    };
  });
}

const ID = 'we_01983f4e-…';

export function addEndpointSends(endpoints: Command): void {
  const tested = addCommand(
    endpoints,
    'test <endpoint>',
    'Calls an endpoint four times, good and bad, and says what it should have done otherwise.',
    [`endpoints test ${ID}`],
  );
  runAs(withReason(tested), (context, [id = '']) => test(context, id), 'endpoint.test');

  const recovered = addCommand(
    endpoints,
    'recover <endpoint>',
    'Sends an endpoint everything since a time that it has not accepted.',
    [`endpoints recover ${ID} --since 2h`, `endpoints recover ${ID} --since 2026-11-01T12:00:00Z --reason "back"`],
  ).requiredOption('--since <time>', 'of events from here on: so long ago, such as 2h, or a time in UTC', moment);
  runAs<{ since: Moment }>(
    withReason(recovered),
    (context, [id = ''], { since }) => recover(context, id, since),
    'endpoint.recover',
  );

  const replayed = addCommand(
    endpoints,
    'replay <endpoint> [delivery]',
    'Sends one delivery again, or all that the relay gave up.',
    [`endpoints replay ${ID} dlv_01983f4e…`, `endpoints replay ${ID} --all-failed --since 24h --yes`],
  ).option('--all-failed', 'all that were given up');
  runAs<ReplayOptions>(addBulkOptions(addSpan(withReason(replayed))), replay);
}
