// The body of a request as the text that was sent: what is passed on to Get3W, and what signatures are made over.
// Reading it as JSON is the calls' business.
/** The part of API Gateway's event that this reads. */
interface WithBody {
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
}

/** The body as text, also when API Gateway took it for binary. */
export const bodyText = (event: WithBody): string =>
  event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
