// Objects as files of the data directory: what a bucket keeps survives a kill, whole or not at all. Each object is a file
// of its own with its type in a second one; both are written under another name first. Parts of uploads lie apart.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeWhole } from '../write-whole.ts';
import type { ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

interface StoredObject {
  readonly bytes: number;
  readonly contentType: string;
  readonly etag: string;
}

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
}

const CONTENT = '.content';
const ABOUT = '.about';

export class ObjectFiles {
  readonly #directory: string;
  readonly #uploads = new Map<string, Upload>();

  /** @param directory made if it is missing; what an earlier process left unfinished in it is removed. */
  constructor(directory: string) {
    this.#directory = directory;
    rmSync(join(directory, 'unfinished'), { recursive: true, force: true });
    mkdirSync(join(directory, 'unfinished'), { recursive: true, mode: 0o700 });
  }

  find(bucket: string, key: string): StoredObject | undefined {
    const path = this.#pathOf(bucket, key);
    if (!existsSync(`${path}${CONTENT}`)) return undefined;
    const { size } = statSync(`${path}${CONTENT}`);
    const { contentType, etag } = JSON.parse(readFileSync(`${path}${ABOUT}`, 'utf8')) as StoredObject;
    return { bytes: size, contentType, etag };
  }

  /** @param range both bounds included. */
  read(bucket: string, key: string, range?: { readonly start: number; readonly end: number }): ReadStream {
    return createReadStream(`${this.#pathOf(bucket, key)}${CONTENT}`, range);
  }

  async put(bucket: string, key: string, contentType: string, content: Readable): Promise<StoredObject> {
    const written = join(this.#directory, 'unfinished', randomUUID());
    const etag = await this.#write(written, [content]);
    return this.#keep(written, { bucket, key, contentType }, etag);
  }

  remove(bucket: string, key: string): void {
    const path = this.#pathOf(bucket, key);
    for (const ending of [CONTENT, ABOUT]) rmSync(`${path}${ending}`, { force: true });
  }

  begin(upload: Upload): string {
    const id = randomUUID();
    this.#uploads.set(id, upload);
    mkdirSync(this.#partsOf(id), { recursive: true, mode: 0o700 });
    return id;
  }

  has(uploadId: string): boolean {
    return this.#uploads.has(uploadId);
  }

  /** @returns the part's ETag. */
  putPart(uploadId: string, number: number, content: Readable): Promise<string> {
    return this.#write(join(this.#partsOf(uploadId), String(number)), [content]);
  }

  /** Joins the parts in this order. @returns undefined for an upload that is over. */
  async complete(uploadId: string, numbers: readonly number[]): Promise<StoredObject | undefined> {
    const upload = this.#uploads.get(uploadId);
    if (!upload) return undefined;
    const written = join(this.#directory, 'unfinished', randomUUID());
    const parts = numbers.map((number) => createReadStream(join(this.#partsOf(uploadId), String(number))));
    const etag = `${await this.#write(written, parts)}-${numbers.length}`;
    this.abort(uploadId);
    return this.#keep(written, upload, etag);
  }

  abort(uploadId: string): void {
    this.#uploads.delete(uploadId);
    rmSync(this.#partsOf(uploadId), { recursive: true, force: true });
  }

  /** @returns the MD5 of all, in hex. */
  async #write(path: string, contents: readonly Readable[]): Promise<string> {
    const hash = createHash('md5');
    const all = async function* (): AsyncGenerator<Buffer> {
      for (const content of contents) {
        for await (const chunk of content as AsyncIterable<Buffer>) {
          hash.update(chunk);
          yield chunk;
        }
      }
    };
    await pipeline(all, createWriteStream(path, { mode: 0o600 }));
    return hash.digest('hex');
  }

  #keep(written: string, { bucket, key, contentType }: Upload, etag: string): StoredObject {
    const path = this.#pathOf(bucket, key);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(`${path}${ABOUT}`, JSON.stringify({ contentType, etag }));
    renameSync(written, `${path}${CONTENT}`);
    return { bytes: statSync(`${path}${CONTENT}`).size, contentType, etag };
  }

  #partsOf(uploadId: string): string {
    return join(this.#directory, 'unfinished', `parts-${uploadId}`);
  }

  /** Encoded, so that no key leads out of the directory. */
  #pathOf(bucket: string, key: string): string {
    const segments = [bucket, ...key.split('/')].map((part) => encodeURIComponent(part).replaceAll('.', '%2E'));
    return join(this.#directory, 'buckets', ...segments);
  }
}
