// `npm run test:fuzz-api`: schemathesis, fetched from PyPI, calls every operation of `GET /openapi.json` of a started relay
// with valid and invalid requests. It fails on a 5xx and on any answer that the document does not have: status, content
// type, header or body. Seeded; what the requests are is schemathesis's choice, what is demanded of the answers is here.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { keyIdOf } from '../../core/domain/api-key.ts';
import { sha256Hex } from '../../core/domain/sha256-hex.ts';
import { MINUTE_MS } from '../../core/domain/time-ms.ts';
import { pythonPrograms } from '../../test/support/ministack.ts';
import { startRelay } from '../../test/support/relay-process.ts';
import { openWebhookInbox } from '../../test/support/webhook-inbox.ts';
import type { RelayProcess } from '../../test/support/relay-process.ts';

/** What an answer must keep. A cancelled task stays readable, so `use_after_free` is not asked for. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  // What the document refuses, the relay refuses.
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];
/** Cases of an operation in one round; a round is not cut short, so it may not be long. */
const CASES_MAX = 40;
/** Requests of a round for each case asked for, over all operations, and those that a round makes anyway; measured. */
const REQUESTS_PER_CASE = 34;
const REQUESTS_OF_A_ROUND = 600;
/** A paused gate would let each `?sync=true` wait to its end. */
const RESUME_EVERY_MS = 1_000;
const CALL_TIMEOUT_MS = 5_000;

interface Options {
  readonly requests: number;
  readonly seed: number;
  readonly minutes: number;
}

interface Round {
  readonly relay: RelayProcess;
  readonly key: string;
  readonly seed: number;
  readonly cases: number;
  readonly receiver: string;
  readonly folder: string;
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** Runs schemathesis once. @returns how often each operation answered with which status. */
async function runRound(programs: string, round: Round): Promise<Readonly<Record<string, number>>> {
  const { relay, key, seed, cases, receiver, folder } = round;
  const countsFile = join(folder, `counts-${seed}.json`);
  const args = [
    ...['run', `${relay.url}/openapi.json`, '--header', `Authorization: Bearer ${key}`],
    ...['--seed', String(seed), '--max-examples', String(cases), '--checks', checks.join(',')],
    ...['--continue-on-failure', '--generation-database', 'none', '--no-color', '--warnings', 'off'],
    // One: two threads that parse Python at once fail now and then before CPython 3.11.8 (python/cpython#106905).
    ...['--workers', '1', '--request-timeout', '40', '--max-redirects', '0'],
  ];
  const child = spawn(join(programs, 'st'), args, {
    cwd: folder,
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: 'fuzz_hooks',
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
      FUZZ_RECEIVER: receiver,
      FUZZ_COUNTS: countsFile,
      FUZZ_KEPT_KEYS: [relay.apiKey, relay.keys.limited].map((text) => keyIdOf({ digest: sha256Hex(text) })).join(','),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`schemathesis, seed ${seed}, ended with ${status}:\n${printed}`);
  return JSON.parse(readFileSync(countsFile, 'utf8')) as Readonly<Record<string, number>>;
}

/** Resumes the gate as often as the fuzzer pauses it, until told to stop. */
function keepGateOpen({ url, apiKey }: RelayProcess): () => void {
  const timer = setInterval(() => {
    const call = fetch(`${url}/v1/gate/resume`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    // One that is lost is followed by the next.
    call.catch(() => undefined);
  }, RESUME_EVERY_MS);
  return () => clearInterval(timer);
}

function report(counts: ReadonlyMap<string, number>, seeds: string): string {
  const byStatus = new Map<string, number>();
  for (const [call, count] of counts) {
    const status = call.slice(-3);
    byStatus.set(status, (byStatus.get(status) ?? 0) + count);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const statuses = [...byStatus].sort().map(([status, count]) => `${count} with ${status}`);
  const operations = new Set([...counts.keys()].map((call) => call.slice(0, -4)));
  return [
    `test:fuzz-api: ${total} requests to ${operations.size} operations, ${seeds}: no 5xx, no undocumented answer`,
    `  ${statuses.join(', ')}`,
  ].join('\n');
}

async function fuzz({ requests, seed: firstSeed, minutes }: Options): Promise<string> {
  const programs = await pythonPrograms('fuzz-api', join(import.meta.dirname, 'requirements.txt'));
  const folder = mkdtempSync(join(tmpdir(), 'relay-fuzz-'));
  const inbox = await openWebhookInbox();
  const relay = await startRelay();
  const stopResuming = keepGateOpen(relay);
  const counts = new Map<string, number>();
  const until = Date.now() + minutes * MINUTE_MS;
  let [made, seed] = [0, firstSeed];
  try {
    while (made < requests && Date.now() < until) {
      const cases = Math.ceil((requests - made - REQUESTS_OF_A_ROUND) / REQUESTS_PER_CASE);
      // Every third round has a key that is no operator's, of an account that may have one task at a time.
      const key = (seed - firstSeed) % 3 === 1 ? relay.keys.limited : relay.apiKey;
      const bounded = Math.min(CASES_MAX, Math.max(1, cases));
      const round = await runRound(programs, { relay, key, seed, cases: bounded, receiver: inbox.url, folder });
      for (const [call, count] of Object.entries(round)) {
        counts.set(call, (counts.get(call) ?? 0) + count);
        made += count;
      }
      seed += 1;
    }
    return report(counts, `seeds ${firstSeed} to ${seed - 1}`);
  } finally {
    stopResuming();
    await relay.stop();
    await inbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const command = new Command('npm run test:fuzz-api --')
  .description('Calls a started relay as its OpenAPI document says, and as it does not, and holds the answers to it.')
  .option('--requests <number>', 'at least so many requests', readCount, 5_000)
  .option('--seed <number>', 'of the first round; each further round has the next', readCount, 1)
  .option('--minutes <number>', 'no further round begins after so many', readCount, 120);
const started = Date.now();
try {
  process.stdout.write(`${await fuzz(command.parse().opts<Options>())}\n`);
  process.stdout.write(`  in ${Math.round((Date.now() - started) / 1_000)} s\n`);
} catch (error) {
  process.stderr.write(`test:fuzz-api: ${error instanceof Error ? error.message : String(error)}\n`);
  // A relay that did not start leaves the receiver of webhooks open, which would keep this process alive.
  process.exit(1);
}
