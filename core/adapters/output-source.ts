// Downloads outputs as streams. Their addresses come from Get3W, so the rules for webhooks hold for each of them and for
// each redirect; every download ends by two timers of ours, one for all of it and one for silence.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { hostOf, isAddress, judgeWebhookUrl } from '../domain/webhook/address-rules.ts';
import { OutputBroken } from '../ports/output-ports.ts';
import { AddressRefused, pinnedLookup, systemResolve } from './pinned-lookup.ts';
import type { IncomingMessage } from 'node:http';
import type { AddressPolicy } from '../domain/webhook/address-rules.ts';
import type { KeepCause } from '../domain/media/keep-job.ts';
import type { OpenResult, OutputSource } from '../ports/output-ports.ts';
import type { CallProgress, ResolveName } from './pinned-lookup.ts';

interface OutputSourceOptions {
  readonly policy: AddressPolicy;
  readonly userAgent: string;
  /** @default the resolvers of this machine */
  readonly resolve?: ResolveName;
  /** Extra certificate authorities, for tests. */
  readonly ca?: string;
}

/** Delivery networks answer with one redirect, seldom two. */
const REDIRECTS_MAX = 3;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const goneStatuses: ReadonlySet<number> = new Set([404, 410]);

type Limits = Parameters<OutputSource['open']>[1];

export function makeOutputSource(options: OutputSourceOptions): OutputSource {
  return {
    open: async (address, limits) => {
      const deadline = new Deadline(limits.timeoutMs);
      let next = address;
      for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
        const answered = await ask(options, next, deadline);
        if (answered.kind === 'failed') return closed(deadline, answered);
        const { answer } = answered;
        const location = redirectOf(answer);
        if (location === undefined) return opened(answer, deadline, limits);
        answer.destroy();
        next = URL.parse(location, next)?.href ?? '';
      }
      return closed(deadline, { kind: 'failed', cause: 'status' });
    },
  };
}

/** The time limit of one download, over all of its requests. */
class Deadline {
  readonly #timer: NodeJS.Timeout;
  /** What is to be broken off at its end. */
  onOver: () => void = () => {};
  isOver = false;

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.onOver();
    }, timeoutMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function closed<Result>(deadline: Deadline, result: Result): Result {
  deadline.end();
  return result;
}

type Asked = { readonly kind: 'answered'; readonly answer: IncomingMessage } | Extract<OpenResult, { kind: 'failed' }>;

/** One GET on a connection of its own, up to the head of its answer. */
function ask(options: OutputSourceOptions, address: string, deadline: Deadline): Promise<Asked> {
  const { policy, userAgent, resolve = systemResolve, ca } = options;
  if (judgeWebhookUrl(address, policy) !== undefined) return Promise.resolve({ kind: 'failed', cause: 'address' });
  const url = new URL(address);
  const isPlain = url.protocol === 'http:';
  const progress: CallProgress = { phase: isAddress(hostOf(url)) ? 'connect' : 'dns' };
  return new Promise((settle) => {
    const fail = (cause: KeepCause): void => {
      settle({ kind: 'failed', cause });
      request.destroy();
    };
    const request = (isPlain ? httpRequest : httpsRequest)(url, {
      method: 'GET',
      // Compressed content would hash and count as something else than what is kept.
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': userAgent },
      agent: isPlain ? new HttpAgent() : new HttpsAgent(),
      lookup: pinnedLookup(resolve, policy, isPlain, progress),
      ...(ca !== undefined && { ca }),
    });
    deadline.onOver = () => fail('timeout');
    if (deadline.isOver) return fail('timeout');
    request.on('response', (answer) => settle({ kind: 'answered', answer }));
    request.on('error', (error) => fail(error instanceof AddressRefused ? 'address' : 'connection'));
    // Node hands the socket over and emits nothing more for the request.
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      fail('connection');
    });
    request.on('close', () => fail('connection'));
    request.end();
  });
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return redirectStatuses.has(statusCode) ? (headers.location ?? '') : undefined;
}

function opened(answer: IncomingMessage, deadline: Deadline, limits: Limits): OpenResult {
  const { statusCode = 0, headers } = answer;
  if (statusCode !== 200) {
    answer.destroy();
    return closed(deadline, { kind: 'failed', cause: goneStatuses.has(statusCode) ? 'gone' : 'status' });
  }
  const length = headers['content-length'];
  return {
    kind: 'opened',
    contentType: headers['content-type'],
    bytes: length === undefined ? undefined : Number(length),
    content: contentOf(answer, deadline, limits),
  };
}

/** Silence counts only while something is waited for: the bucket may take its time in between. */
async function* contentOf(answer: IncomingMessage, deadline: Deadline, { silenceMs }: Limits): AsyncGenerator<Buffer> {
  const overtime = (): void => void answer.destroy(new OutputBroken('timeout', 'the download took too long'));
  deadline.onOver = overtime;
  if (deadline.isOver) overtime();
  const chunks = (answer as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const silence = setTimeout(overtime, silenceMs);
      const next = await chunks.next().finally(() => clearTimeout(silence));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    if (error instanceof OutputBroken) throw error;
    throw new OutputBroken('connection', 'the download broke off', { cause: error });
  } finally {
    deadline.end();
    answer.destroy();
  }
}
