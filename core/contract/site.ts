// The console as deployed: all its files, ready to be sent. Written once when the console is built, read by the
// function that serves it; this shape is all that the two sides share.

/** The OpenAPI document among the site's files. */
export const OPENAPI_FILE = 'openapi.json';

/** Name of the file that holds the Site as JSON, beside the function's bundle. */
export const SITE_FILE = 'site.json';

export interface SiteFile {
  /** `content-type`, charset included. */
  readonly type: string;
  /** Strong validator, quotes included. */
  readonly etag: string;
  /** Whether the name changes with the content, so that it may be cached for ever. */
  readonly isImmutable: boolean;
  /** The content by `content-encoding`, base64. */
  readonly encoded: Readonly<Record<SiteEncoding, string>>;
}

export type SiteEncoding = 'br' | 'gzip';

export interface Site {
  /** By path below `/console/`, `index.html` and `runbook-plain.html` among them. */
  readonly files: Readonly<Record<string, SiteFile>>;
}
