// The content type under which the relay itself sends a file of others. Its origin is the console's too: what a browser could
// run as a page there is sent as bytes without a type, to be saved and not shown.

interface SentType {
  readonly contentType: string;
  /** Whether a browser may show it in place; otherwise it is to be saved. */
  readonly isShown: boolean;
}

/** Type and subtype, and a character set at most; anything else is no type that a browser is told. */
const typePattern = /^(\w[\w.+-]*\/\w[\w.+-]*)(?:\s*;\s*charset=[\w-]+)?$/i;
/** Of these, those that are XML may hold scripts, as SVG does. */
const mediaPattern = /^(?:image|audio|video|model|font)\/(?!.*(?:xml|svg))/i;
const plainTypes: readonly string[] = ['application/json', 'application/pdf', 'text/plain'];

/** @param stored as the bucket names it: what the server of an output, or the client of an upload, has claimed. */
export function sentType(stored: string): SentType {
  const [whole, type = ''] = typePattern.exec(stored.trim()) ?? [];
  const isShown = mediaPattern.test(type) || plainTypes.includes(type.toLowerCase());
  return whole !== undefined && isShown
    ? { contentType: whole, isShown }
    : { contentType: 'application/octet-stream', isShown: false };
}
