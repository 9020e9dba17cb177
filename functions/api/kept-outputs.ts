// The calls that lead to one kept output: by the number of the output, for callers who may read the task, and by the
// unguessable address that webhooks and events hold, for all who know it. Both redirect to an address signed just now; the
// second sends small files itself where a deployment wants that, for fetchers that follow no redirect.
import { opensJob, parseFileToken } from '../../core/domain/media/file-token.ts';
import { sentType } from '../../core/domain/media/sent-type.ts';
import { isUploadToken, uploadKey } from '../../core/domain/media/upload.ts';
import { documentedFailure, notFound } from '../../core/http/http-failure.ts';
import { readOwnTask } from './task-calls.ts';
import type { Account } from '../../core/domain/account.ts';
import type { KeepJob } from '../../core/domain/media/keep-job.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { SmallFileKind } from '../../core/ports/output-ports.ts';
import type { FilePorts, KeptPorts } from './kept-ports.ts';

/** @throws HttpFailure 404 for another account's task, or an output that is not kept. */
export async function getOutput(ports: KeptPorts, account: Account, spelt: string, number: string): Promise<Answer> {
  const known = await readOwnTask(ports, account, spelt);
  const job = await ports.kept.loadKeepJob(known.task.id);
  if (!job) throw notFound('the task keeps no outputs; submit with keep=true');
  return redirect(ports, job, /^\d{1,3}$/.test(number) ? Number(number) : -1);
}

/** What of a file is asked for. */
interface AskedFile {
  /** Its headers alone, as HEAD asks. */
  readonly isHead: boolean;
  /** A part of it: the bucket knows how to answer that. */
  readonly isPart: boolean;
}

const wholeFile: AskedFile = { isHead: false, isPart: false };

/** @throws HttpFailure 404 for an address that the relay never made, or whose output is gone. */
export async function getFile(ports: FilePorts, text: string, asked: AskedFile = wholeFile): Promise<Answer> {
  if (isUploadToken(text)) return (await sentAnswer(ports, asked, uploadKey(text))) ?? uploadAnswer(ports, text);
  const token = parseFileToken(text);
  const job = token && (await ports.kept.loadKeepJob(token.taskId));
  if (!job || !opensJob(token, job)) throw documentedFailure(404);
  const output = job.outputs[token.index];
  const isKept = output?.state === 'kept' && !job.isErased;
  const sent = isKept ? await sentAnswer(ports, asked, output.key, output) : undefined;
  return sent ? { ...sent, about: { taskId: job.taskId } } : redirect(ports, job, token.index);
}

/** The file comes from others and from the relay's own origin: no browser may run anything of it there. */
const sentHeaders = {
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** Undefined where the file is to be fetched from the bucket: it is too long, or the bucket gives no answer now. */
async function sentAnswer(
  ports: FilePorts,
  { isHead, isPart }: AskedFile,
  key: string,
  known?: SmallFileKind,
): Promise<Answer | undefined> {
  const { streamBytesMax } = ports.settings.media;
  if (streamBytesMax === 0 || isPart) return undefined;
  try {
    if (isHead) return await headAnswer(ports, key, known);
    const file = await ports.files.read(key, streamBytesMax, known?.bytes);
    return file && { status: 200, body: file.content, headers: headersOf(file.contentType) };
  } catch (error) {
    ports.log.warn('A file could not be read, and its fetcher is redirected to the bucket', { error });
    return undefined;
  }
}

/** As the whole would be answered, of which nothing is read. */
async function headAnswer(
  { files, settings }: FilePorts,
  key: string,
  known: SmallFileKind | undefined,
): Promise<Answer | undefined> {
  const kind = known ?? (await files.kindOf(key));
  if (!kind || kind.bytes > settings.media.streamBytesMax) return undefined;
  const headers = { ...headersOf(kind.contentType), 'content-length': String(kind.bytes) };
  return { status: 200, body: '', headers };
}

function headersOf(stored: string): Readonly<Record<string, string>> {
  const { contentType, isShown } = sentType(stored);
  return { ...sentHeaders, 'content-type': contentType, ...(!isShown && { 'content-disposition': 'attachment' }) };
}

/**
 * S3 itself answers 404 for one that no task has named, or that is gone. Never by way of a distribution: its caches would
 * keep that answer, and show it when a task has named the upload.
 */
async function uploadAnswer({ uploadSigner, settings }: FilePorts, token: string): Promise<Answer> {
  const location = await uploadSigner.sign(uploadKey(token), settings.media.signedMs);
  return { status: 302, body: { url: location }, headers: { location, 'cache-control': 'no-store' } };
}

async function redirect({ signer, settings }: KeptPorts, job: KeepJob, index: number): Promise<Answer> {
  const output = job.outputs[index];
  if (!output || job.isErased) throw documentedFailure(404);
  if (output.state !== 'kept') throw notFound(whyUnkept(output));
  const location = await signer.sign(output.key, settings.media.signedMs);
  // Kept by no cache: the address that it leads to dies.
  const headers = { location, 'cache-control': 'no-store' };
  return { status: 302, body: { url: location }, headers, about: { taskId: job.taskId } };
}

function whyUnkept({ state, cause }: Exclude<KeepJob['outputs'][number], { state: 'kept' }>): string {
  if (state === 'lost') return `the output could not be kept: ${cause}`;
  return cause === undefined
    ? 'the output is not kept yet'
    : `the output is not kept yet; the last try failed: ${cause}`;
}
