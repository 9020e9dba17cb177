// `relay listen`: brings the events of a relay, deployed or local, to a receiver on this machine, as signed webhooks. It reads
// the log of events as a client does, so the relay needs no way to this machine, and no endpoint is registered.
import colours from 'picocolors';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import { exchange } from '../../core/adapters/http-exchange.ts';
import { secretsInForce } from '../../core/domain/webhook/webhook-secrets.ts';
import { addCommand, onTarget, withoutTarget } from '../add-command.ts';
import { CommandFailure, exitCodes } from '../command-failure.ts';
import { eventsOfTable, eventsOverHttp, getJson } from '../event-source.ts';
import { forwardEvents } from '../forward-events.ts';
import { untilInterrupted } from '../interruption.ts';
import { relayVersion } from '../relay-version.ts';
import { timeText } from '../terminal.ts';
import { accountOf } from './account-of.ts';
import { loadEndpoint } from './found-endpoint.ts';
import { moment } from './task-filter-options.ts';
import { typed } from '../typed-command.ts';
import type { Command } from 'commander';
import type { WebhookSecret } from '../../core/domain/webhook/webhook-secrets.ts';
import type { CommandContext } from '../add-command.ts';
import type { EventSource, IncomingEvent } from '../event-source.ts';
import type { Forwarded } from '../forward-events.ts';
import type { Report, Terminal } from '../terminal.ts';
import type { Moment } from './task-filter-options.ts';

interface ListenOptions {
  readonly forwardTo: URL;
  readonly account?: string;
  readonly endpoint?: string;
  readonly url?: URL;
  readonly secret?: string;
  readonly since?: Moment;
  readonly after?: string;
  readonly allowHttp?: true;
}

/** What is read, and what signs it. */
interface Listening {
  readonly source: EventSource;
  readonly secrets: () => readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** For a person. */
  readonly signedWith: string;
}

const CALL_TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 16_384;

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8080/hooks.');
}

function readSecret(text: string): string {
  if (/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a secret of the relay, whsec_ and base64.');
}

/** An empty one would begin with the first event of the account: a variable of a script that was never set. */
function readAfter(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must be a cursor that an earlier run printed; leave it out to begin now.');
}

/** The environment's values pass no parser of an option. */
function secretOfEnvironment(): string | undefined {
  const text = process.env['RELAY_WEBHOOK_SECRET'];
  try {
    return text ? readSecret(text) : undefined;
  } catch (error) {
    const advice = error instanceof InvalidArgumentError ? error.message : '';
    throw new CommandFailure('RELAY_WEBHOOK_SECRET is no secret of a relay.', advice, exitCodes.usage);
  }
}

/** Events hold what a customer's task made, and --url is sent a key: plain http is for this machine, unless it is meant. */
function requireSafe({ protocol, hostname }: URL, instead: string, isHttpAllowed: boolean): void {
  const isLoopback = hostname === 'localhost' || /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === '[::1]';
  if (protocol === 'https:' || isLoopback || isHttpAllowed) return;
  const advice = `${instead}, or add --allow-http where that is meant.`;
  throw new CommandFailure(`${hostname} is another machine, and http is not encrypted.`, advice, exitCodes.usage);
}

/** For those who have a key and no credentials: everything over HTTP. */
function listeningByKey({ secret }: ListenOptions, url: string): Listening {
  const key = process.env['RELAY_KEY'];
  const signing = secret ?? secretOfEnvironment();
  if (!key || !signing) {
    const advice =
      'Set RELAY_KEY to a key of the account, and RELAY_WEBHOOK_SECRET (or --secret) to what your receiver knows.';
    throw new CommandFailure(`The ${key ? 'secret' : 'key'} is missing.`, advice, exitCodes.usage);
  }
  const source = eventsOverHttp(url, key);
  return { source, secrets: () => [signing], headers: {}, signedWith: 'the secret that was given' };
}

async function listeningByTarget({ target, ports }: CommandContext, options: ListenOptions): Promise<Listening> {
  const { store, clock } = ports;
  const inForce = (secrets: readonly WebhookSecret[]) => () =>
    secretsInForce(secrets, clock.now()).map(({ secret }) => secret);
  const given = options.secret === undefined ? undefined : { secrets: () => [options.secret ?? ''] };
  if (options.endpoint !== undefined) {
    const endpoint = await loadEndpoint(ports, options.endpoint);
    return {
      source: eventsOfTable(store, endpoint.accountId, endpoint),
      secrets: inForce(endpoint.secrets),
      headers: endpoint.headers,
      signedWith: `the secret of the endpoint${given ? ', replaced by the given one' : ''}`,
      ...given,
    };
  }
  const { localKey } = target;
  if (options.account === undefined && localKey === undefined) {
    const advice = 'Name it with --account, or an endpoint with --endpoint.';
    throw new CommandFailure('The command must say whose events are meant.', advice, exitCodes.usage);
  }
  const accountId =
    options.account === undefined
      ? (await getJson<{ id: string }>(new URL(`${target.url}/v1/account`), localKey ?? '')).id
      : (await accountOf(ports, options.account)).id;
  const source =
    options.account === undefined && localKey !== undefined
      ? eventsOverHttp(target.url, localKey)
      : eventsOfTable(store, accountId, undefined);
  if (given) return { source, ...given, headers: {}, signedWith: 'the secret that was given' };
  const signing = await store.loadSigning(accountId);
  if (!signing) {
    const advice = `Make one with \`${typed(`endpoints rotate --account ${accountId}`)}\`, or give --secret.`;
    throw new CommandFailure('The account has no webhook secret yet.', advice);
  }
  return { source, secrets: inForce(signing.secrets), headers: {}, signedWith: "the account's webhook secret" };
}

function resultText(result: Forwarded): string {
  const took = `in ${result.durationMs} ms`;
  if (result.kind === 'unheard') return colours.red(`no answer (${result.cause}) ${took}`);
  const paint = result.status >= 200 && result.status < 300 ? colours.green : colours.yellow;
  return paint(`${result.status} ${took}`);
}

function lineOf({ isJson }: Terminal, event: IncomingEvent, result: Forwarded, tries: number): string {
  const at = Date.now();
  if (!isJson) {
    const again = tries > 1 ? ` (try ${tries})` : '';
    return `${timeText(at)}  ${event.type}  ${event.id}  ${resultText(result)}${again}`;
  }
  return JSON.stringify({
    at: new Date(at).toISOString(),
    id: event.id,
    type: event.type,
    try: tries,
    http_status: result.kind === 'answered' ? result.status : null,
    cause: result.kind === 'unheard' ? result.cause : null,
    duration_ms: result.durationMs,
  });
}

async function listen(listening: Listening, terminal: Terminal, options: ListenOptions): Promise<Report> {
  const { source, secrets, headers, signedWith } = listening;
  const { forwardTo, since, after = new Date(since?.at ?? Date.now()).toISOString() } = options;
  terminal.note(
    `Listening from ${after} on; forwarding to ${forwardTo.href}, signed with ${signedWith}. Ctrl-C ends it.`,
  );
  let reached = after;
  const passedOver = new Set<string>();
  const ports = {
    source,
    secrets,
    now: Date.now,
    reach: (cursor: string) => void (reached = cursor),
    passOver: (id: string) => void passedOver.add(id),
    tell: (event: IncomingEvent, result: Forwarded, tries: number) =>
      void process.stdout.write(`${lineOf(terminal, event, result, tries)}\n`),
    tellTrouble: (text: string, delayMs: number) => terminal.note(`${text}; trying again in ${delayMs / 1_000} s`),
  };
  try {
    await untilInterrupted((signal) =>
      forwardEvents(
        {
          ...ports,
          call: (signed, body) => call(forwardTo, { ...headers, ...signed }, body, signal),
          pause: (delayMs) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
        },
        after,
        signal,
      ),
    );
  } finally {
    tellEnd(terminal, reached, [...passedOver]);
  }
  return { value: undefined, text: '', isPrinted: true, exitCode: exitCodes[passedOver.size > 0 ? 'failed' : 'done'] };
}

/** Whatever ended it: what was forwarded is known by this cursor alone. */
function tellEnd(terminal: Terminal, after: string, passedOver: readonly string[]): void {
  if (terminal.isJson) process.stdout.write(`${JSON.stringify({ after, passed_over: passedOver })}\n`);
  if (passedOver.length > 0) {
    terminal.note(
      `Passed over, because your receiver refused them each time (${passedOver.length}): ${passedOver.join(', ')}.`,
    );
  }
  terminal.note(`Ended. --after ${after} goes on from here.`);
}

async function call(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  cut: AbortSignal,
): Promise<Forwarded> {
  const startedAt = Date.now();
  const answer = await exchange({
    url,
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': `get3w-relay/${relayVersion()}`,
    },
    body,
    timeoutMs: CALL_TIMEOUT_MS,
    cut,
    connections: undefined,
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  const durationMs = Date.now() - startedAt;
  return answer.kind === 'answered'
    ? { kind: 'answered', status: answer.status, durationMs }
    : { kind: 'unheard', cause: answer.code, durationMs };
}

export function addListenCommand(program: Command): void {
  const command = addCommand(
    program,
    'listen',
    "Forwards a relay's events to this machine, signed as its webhooks are.",
    [
      'listen --forward-to http://127.0.0.1:8080/hooks',
      'listen --stack get3w-relay --account studio --forward-to http://127.0.0.1:8080/hooks --since 10m',
      'listen --url https://relay.example.com --forward-to http://127.0.0.1:8080/hooks',
    ],
  )
    .requiredOption('--forward-to <url>', 'your receiver: on this machine, or https', readUrl)
    .option('--account <account>', 'whose events; id or name (default: that of the key of a local relay)')
    .addOption(
      new Option(
        '--endpoint <endpoint>',
        'only what this endpoint is sent, in its shape, signed with its secret',
      ).conflicts('account'),
    )
    .addOption(
      new Option('--url <url>', 'a relay for which you have a key and no AWS credentials: RELAY_KEY is the key')
        .argParser(readUrl)
        .conflicts(['account', 'endpoint', 'stack', 'region', 'data']),
    )
    .option(
      '--secret <secret>',
      'signs in place of the secret that the relay has; RELAY_WEBHOOK_SECRET with --url',
      readSecret,
    )
    .option('--since <time>', 'begin so long ago, such as 10m, or at a time in UTC (default: now)', moment)
    .addOption(
      new Option('--after <cursor>', 'begin where an earlier run ended').argParser(readAfter).conflicts('since'),
    )
    .option('--allow-http', 'use plain http to another machine: for --forward-to and for --url');
  command.action(async () => {
    const options = command.opts<ListenOptions>();
    const { url, allowHttp = false } = options;
    requireSafe(options.forwardTo, 'Forward to 127.0.0.1 or to https', allowHttp);
    if (url) {
      requireSafe(url, 'Give --url an https address: the key is sent there', allowHttp);
      const address = url.href.replace(/\/+$/, '');
      await withoutTarget(command, async (terminal) => listen(listeningByKey(options, address), terminal, options));
    } else {
      await onTarget(command, async (context) =>
        listen(await listeningByTarget(context, options), context.terminal, options),
      );
    }
  });
}
