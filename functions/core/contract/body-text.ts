// The body of a request as the text that was sent: what is passed on to Get3W, and what signatures are made over.
// Reading it as JSON is the calls' business.
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The body as text, also when API Gateway took it for binary. */
export const bodyText = (event: APIGatewayProxyEventV2): string =>
  event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : (event.body ?? '');
