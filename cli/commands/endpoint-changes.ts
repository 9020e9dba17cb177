// `relay endpoints create`, `edit`, `enable`, `disable`, `rotate` and `delete`: as the API does them, for any account. What a
// field may hold is judged by the reader of the API's bodies.
import { Option } from 'commander';
import { SECOND_MS } from '../../core/domain/time-ms.ts';
import { eventTypes } from '../../core/domain/webhook/outbox-event.ts';
import { endpointShapes } from '../../core/domain/webhook/webhook-body.ts';
import { publicKeyOf, schemeOf } from '../../core/domain/webhook/webhook-signature.ts';
import {
  createEndpoint,
  deleteEndpoint,
  rotateEndpoint,
  rotateSigning,
  updateEndpoint,
} from '../../core/flows/change-endpoint.ts';
import { readEndpoint, readOverlapMs } from '../../core/http/read-endpoint.ts';
import { addCommand, runAs, withReason } from '../add-command.ts';
import { auditedCommand } from '../audited-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { endpointPorts } from '../endpoint-ports.ts';
import { duration } from '../read-options.ts';
import { factsText, timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { endpointReport, pendingText, shownEndpoint } from './endpoint-report.ts';
import { loadEndpoint } from './found-endpoint.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { WebhookSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import type { EndpointFields } from '../../core/http/read-endpoint.ts';
import type { CommandContext } from '../add-command.ts';
import type { Report } from '../terminal.ts';

interface FieldOptions {
  readonly url?: string;
  readonly description?: string;
  readonly events?: string;
  readonly rate?: string;
  readonly header?: readonly string[];
  readonly shape?: string;
  readonly signatures?: string;
}

interface RotateOptions {
  readonly account?: string;
  readonly overlap?: number;
  readonly reason?: string;
}

/** In place of a value: the field is empty again. */
const NONE = 'none';

function addFields(command: Command): Command {
  return command
    .option('--url <url>', 'https address of the receiver')
    .option('--description <text>', `for people; ${NONE} removes it`)
    .option('--events <types>', `all, or some of ${eventTypes.join(', ')}`)
    .option('--rate <calls>', `most calls a second, from 0.01; ${NONE} for no limit of its own`)
    .option('--header <header...>', `sent with each call, as "name: value"; replaces all; ${NONE} removes them`)
    .addOption(new Option('--shape <shape>', 'of the body').choices(endpointShapes))
    .addOption(new Option('--signatures <schemes>', 'how calls are signed').choices(['v1', 'v1,v1a']));
}

/** As the body of the API's call has them, so that one reader judges both. @throws HttpFailure 400. */
function fieldsOf(options: FieldOptions): EndpointFields {
  const { url, description, events, rate, header, shape, signatures } = options;
  const body = {
    url,
    description: description === NONE ? null : description,
    events: events === 'all' ? null : events?.split(',').map((type) => type.trim()),
    rate_limit: rateOf(rate),
    headers: header && headersOf(header),
    shape,
    signatures: signatures?.split(','),
  };
  return readEndpoint(JSON.stringify(body));
}

/** Any other text stays as it is, which the reader refuses. */
function rateOf(text: string | undefined): number | string | null | undefined {
  if (text === NONE) return null;
  return text !== undefined && /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : text;
}

function headersOf(given: readonly string[]): Readonly<Record<string, string>> | null {
  if (given.length === 1 && given[0] === NONE) return null;
  const pairs = given.map((text): [string, string] => {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(text) ?? [];
    if (name === '') {
      throw new CommandFailure(`--header ${text} has no name.`, 'Write it as "name: value".', exitCodes.usage);
    }
    return [name.trim(), value];
  });
  const names = pairs.map(([name]) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CommandFailure(`The header ${twice} is given twice.`, 'Leave one of the two out.', exitCodes.usage);
  }
  return Object.fromEntries(pairs);
}

async function create({ ports }: CommandContext, options: FieldOptions & { account: string }): Promise<Report> {
  const account = await accountOf(ports, options.account);
  const { endpoint, secret } = await createEndpoint(endpointPorts(ports), account, fieldsOf(options));
  const { value, text } = await endpointReport(ports, endpoint);
  return { value: { ...(value as object), secret }, text: `${text}\n${factsText({ 'Secret (shown once)': secret })}` };
}

async function edit(context: CommandContext, id: string, fields: EndpointFields): Promise<Report> {
  const { ports } = context;
  if (Object.keys(fields).length === 0) {
    throw new CommandFailure(
      'The command names no change.',
      'Name one: --url, --events, --rate …; --help lists all.',
      exitCodes.usage,
    );
  }
  return endpointReport(ports, await updateEndpoint(endpointPorts(ports), () => loadEndpoint(ports, id), fields));
}

async function remove({ ports }: CommandContext, id: string, isSure: boolean): Promise<Report> {
  const endpoint = await loadEndpoint(ports, id);
  const shown = await shownEndpoint(ports, endpoint);
  if (!isSure) {
    throw new CommandFailure(
      `This removes the endpoint ${shown.url} for good; ${pendingText(shown)} webhooks wait for it and would be given up.`,
      `Add --yes to do it. \`${typed(`endpoints disable ${endpoint.id}`)}\` keeps it and what waits.`,
      exitCodes.usage,
    );
  }
  await deleteEndpoint(endpointPorts(ports), endpoint);
  return { value: { ...shown, deleted: true }, text: `Removed ${shown.url}.` };
}

/** Of one endpoint, or of the account's `?webhook=` calls. */
function rotate(context: CommandContext, id: string | undefined, options: RotateOptions): Promise<Report> {
  const { account, overlap, reason } = options;
  if ((id === undefined) === (account === undefined)) {
    const advice = 'Name the endpoint, or with --account whose `?webhook=` calls are meant.';
    throw new CommandFailure('The command must name one secret.', advice, exitCodes.usage);
  }
  const ports = endpointPorts(context.ports);
  const body = overlap === undefined ? '' : JSON.stringify({ overlap_seconds: overlap / SECOND_MS });
  const overlapMs = readOverlapMs(body, ports.settings.deliveries.secretOverlapMs);
  const action = id === undefined ? 'account.rotate-secret' : 'endpoint.rotate-secret';
  return auditedCommand(context.ports, { action, target: id ?? account, reason }, async () => {
    if (id === undefined) {
      const { id: accountId } = await accountOf(context.ports, account ?? '');
      const secrets = await rotateSigning(ports, accountId, overlapMs);
      return rotationReport({ id: accountId, account_id: accountId }, secrets, ports.clock.now() + overlapMs);
    }
    const after = await rotateEndpoint(ports, () => loadEndpoint(context.ports, id), overlapMs);
    return rotationReport({ id: after.id, account_id: after.accountId }, after.secrets, ports.clock.now() + overlapMs);
  });
}

function rotationReport(subject: object, secrets: readonly WebhookSecret[], oldUntil: number): Report {
  const newest = (scheme: 'v1' | 'v1a') => secrets.find(({ secret }) => schemeOf(secret) === scheme)?.secret;
  const asymmetric = newest('v1a');
  const publicKey = asymmetric === undefined ? undefined : publicKeyOf(asymmetric);
  const until = new Date(oldUntil).toISOString();
  return {
    value: { ...subject, secret: newest('v1'), public_key: publicKey ?? null, previous_valid_until: until },
    text: factsText({
      'Secret (shown once)': newest('v1'),
      'Public key': publicKey,
      'The old one signs too until': timeText(oldUntil),
    }),
  };
}

const ID = 'we_01983f4e-…';

export function addEndpointChanges(endpoints: Command): void {
  const made = addCommand(endpoints, 'create', 'Registers a webhook endpoint for an account; shows its secret once.', [
    'endpoints create --account studio --url https://app.example.com/hooks',
    'endpoints create --account studio --url https://app.example.com/hooks --events task.failed --rate 5',
  ]).requiredOption('--account <account>', 'whose it is; id or name');
  runAs<FieldOptions & { account: string }>(
    addFields(withReason(made)),
    (context, _args, options) => create(context, options),
    'endpoint.create',
  );

  const changed = addCommand(
    endpoints,
    'edit <endpoint>',
    'Changes an endpoint; what you do not name stays as it is.',
    [
      `endpoints edit ${ID} --url https://new.example.com/hooks`,
      `endpoints edit ${ID} --rate none --header "authorization: Bearer abc"`,
    ],
  );
  runAs<FieldOptions>(
    addFields(withReason(changed)),
    (context, [id = ''], options) => edit(context, id, fieldsOf(options)),
    'endpoint.change',
  );

  const [off, on] = [
    'Sends an endpoint nothing more; what happens meanwhile can be sent by recovering it.',
    'Calls a disabled endpoint again, at once.',
  ];
  addSwitch(endpoints, 'disable', off);
  addSwitch(endpoints, 'enable', on);

  const rotated = addCommand(endpoints, 'rotate [endpoint]', 'Makes a new secret and shows it once.', [
    `endpoints rotate ${ID} --overlap 1h`,
    'endpoints rotate --account studio',
  ])
    .option('--account <account>', "the secret of this account's ?webhook= calls; id or name")
    .option('--overlap <time>', 'how long the old one signs too, up to 30d (default: settings.deliveries)', duration);
  runAs<RotateOptions>(withReason(rotated), (context, [id], options) => rotate(context, id, options));

  const deleted = addCommand(endpoints, 'delete <endpoint>', 'Removes an endpoint for good.', [
    `endpoints delete ${ID} --yes`,
  ]).option('--yes', 'does it');
  runAs<{ yes?: true }>(
    withReason(deleted),
    (context, [id = ''], { yes = false }) => remove(context, id, yes),
    'endpoint.delete',
  );
}

function addSwitch(endpoints: Command, name: 'disable' | 'enable', description: string): void {
  runAs(
    withReason(addCommand(endpoints, `${name} <endpoint>`, description, [`endpoints ${name} ${ID}`])),
    (context, [id = '']) => edit(context, id, { isDisabled: name === 'disable' }),
    'endpoint.change',
  );
}
