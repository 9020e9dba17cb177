// One try to keep one output: from its server through a hash, a count and a look at its first bytes into the bucket, as a
// stream. Decides nothing about further tries.
import { createHash } from 'node:crypto';
import { outputKey } from '../../core/domain/media/keep-job.ts';
import { sniffMedia, SNIFFED_BYTES_MAX } from '../../core/domain/media/sniff-media.ts';
import { OutputBroken } from '../../core/ports/output-ports.ts';
import type { KeepJob, StoredOutput } from '../../core/domain/media/keep-job.ts';
import type { KeepResult } from '../../core/domain/media/decide-keep.ts';
import type { SniffedMedia } from '../../core/domain/media/sniff-media.ts';
import type { OpenedOutput } from '../../core/ports/output-ports.ts';
import type { KeepPorts } from './keep-ports.ts';

interface Wanted {
  readonly index: number;
  readonly address: string;
  readonly timeoutMs: number;
}

/** Never throws: what fails is a result. */
export async function keepOutput(ports: KeepPorts, job: KeepJob, wanted: Wanted): Promise<KeepResult> {
  const { index, address, timeoutMs } = wanted;
  const { silenceMs } = ports.settings.media;
  const opened = await ports.source.open(address, { timeoutMs, silenceMs });
  if (opened.kind === 'failed') return opened;
  try {
    return { kind: 'kept', output: await storeOutput(ports, opened, outputKey(job, index)) };
  } catch (error) {
    const cause = error instanceof OutputBroken ? error.keepCause : 'bucket';
    if (cause === 'bucket')
      ports.log.error('An output could not be put into the bucket', { taskId: job.taskId, error });
    return { kind: 'failed', cause };
  }
}

async function storeOutput({ bucket, settings }: KeepPorts, opened: OpenedOutput, key: string): Promise<StoredOutput> {
  const measured = new MeasuredContent(opened.content, settings.media.outputBytesMax);
  try {
    // What it says of itself is checked first: an output of a terabyte costs nothing then.
    if ((opened.bytes ?? 0) > settings.media.outputBytesMax) throw tooLarge();
    const media = mediaOf(await measured.head(), opened.contentType);
    await bucket.store(key, media.contentType, measured.content());
    return { key, ...media, bytes: measured.bytes, sha256: measured.sha256() };
  } finally {
    await measured.close();
  }
}

function tooLarge(): OutputBroken {
  return new OutputBroken('too-large', 'the output is larger than the setting outputBytesMax');
}

const FALLBACK_TYPE = 'application/octet-stream';
const typePattern = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;

/** The bytes decide what it is; its server, where they are of a kind that is not known here. */
function mediaOf(head: Buffer, claimed: string | undefined): SniffedMedia {
  const claimedType = (claimed ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const sniffed = sniffMedia(head);
  if (sniffed?.contentType === 'text/html' && claimedType !== 'text/html') {
    throw new OutputBroken('not-media', 'a page came in place of the output');
  }
  return sniffed ?? { contentType: typePattern.test(claimedType) ? claimedType : FALLBACK_TYPE };
}

/** Counts and hashes what passes; its first bytes can be looked at before. */
class MeasuredContent {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #bytesMax: number;
  readonly #hash = createHash('sha256');
  #head: Buffer = Buffer.alloc(0);
  #isOver = false;
  bytes = 0;

  constructor(content: AsyncIterable<Buffer>, bytesMax: number) {
    this.#chunks = content[Symbol.asyncIterator]();
    this.#bytesMax = bytesMax;
  }

  async head(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let length = 0; length < SNIFFED_BYTES_MAX;) {
      const chunk = await this.#next();
      if (!chunk) break;
      chunks.push(chunk);
      length += chunk.length;
    }
    this.#head = Buffer.concat(chunks);
    return this.#head;
  }

  async *content(): AsyncGenerator<Buffer> {
    yield this.#head;
    for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** Hangs up where the content was not read to its end. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#chunks.return?.();
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#chunks.next();
    if (next.done) {
      this.#isOver = true;
      return undefined;
    }
    this.bytes += next.value.length;
    if (this.bytes > this.#bytesMax) throw tooLarge();
    this.#hash.update(next.value);
    return next.value;
  }
}
