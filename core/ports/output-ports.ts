// Where outputs come from and where they are kept, as the keep stage needs it. Neither side is read whole: what passes
// through is a stream, so that memory does not grow with a video.
import type { KeepCause } from '../domain/media/keep-job.ts';

/** An output whose server has answered with it. Its content throws OutputBroken where it breaks off. */
export interface OpenedOutput {
  readonly kind: 'opened';
  /** As its server claims. */
  readonly contentType: string | undefined;
  readonly bytes: number | undefined;
  readonly content: AsyncIterable<Buffer>;
}

export type OpenResult = OpenedOutput | { readonly kind: 'failed'; readonly cause: KeepCause };

export interface OutputSource {
  /**
   * Asks for an output. Never throws: a server that fails is a result. What was opened must be read or closed.
   * @param silenceMs how long its server may send nothing.
   */
  open(url: string, limits: { readonly timeoutMs: number; readonly silenceMs: number }): Promise<OpenResult>;
}

/** The content of an output broke off, or is not acceptable. */
export class OutputBroken extends Error {
  readonly keepCause: KeepCause;

  constructor(keepCause: KeepCause, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutputBroken';
    this.keepCause = keepCause;
  }
}

export interface OutputBucket {
  /**
   * Keeps the content under the key, whole or not at all, in place of what lay there.
   * @throws whatever the content throws, or the bucket's own error; then nothing new is kept.
   */
  store(key: string, contentType: string, content: AsyncIterable<Buffer>): Promise<void>;
  /** Nothing happens for a key under which nothing lies. */
  remove(key: string): Promise<void>;
}

export interface ObjectReader {
  /** The content under the key as a stream, which must be read or closed; undefined when nothing lies there. */
  read(key: string): Promise<AsyncIterable<Buffer> | undefined>;
}

export interface SmallFile {
  readonly content: Buffer;
  readonly contentType: string;
}

/** What a file is, without its content. */
export interface SmallFileKind {
  readonly bytes: number;
  readonly contentType: string;
}

export interface SmallFiles {
  /**
   * What the file under the key is, of which one byte is read at most; undefined for one that is empty, or not there.
   * @throws RelayError `store-unavailable`.
   */
  kindOf(key: string): Promise<SmallFileKind | undefined>;
  /**
   * The file under the key, whole; undefined for one that is longer, empty, or not there.
   * @param knownBytes its length, where that is known.
   * @throws RelayError `store-unavailable`.
   */
  read(key: string, bytesMax: number, knownBytes?: number): Promise<SmallFile | undefined>;
}

export interface UploadForm {
  readonly url: string;
  /** In this order, before the file. */
  readonly fields: Readonly<Record<string, string>>;
  readonly expiresAt: number;
}

export interface UploadForms {
  /** A form by which one file of this type and size can be put under the key. */
  makeForm(upload: {
    readonly key: string;
    readonly contentType: string;
    readonly bytes: number;
    readonly goodMs: number;
  }): Promise<UploadForm>;
}

export interface OutputSigner {
  /** An address that reads the object for so long; it is made without asking whether the object exists. */
  sign(key: string, signedMs: number): Promise<string>;
}
