// One request as API Gateway hands it to the simulator's function, and its answer as API Gateway accepts it. A function
// cannot cut a connection: instead it answers 502, as a gateway before the real Get3W would, and an answer that should
// never come is sent so late that the client or API Gateway has given up.
import { bodyText } from '../../core/http/body-text.ts';
import { gatewayAnswer } from '../simulator-answers.ts';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { SimulatorPorts } from '../simulator-ports.ts';
import type { SimulatorAnswer, SimulatorRequest } from '../simulator-answers.ts';

/** API Gateway gives up after 29 s, the relay earlier. */
const HANG_MS = 28_500;

/** Passes the request to the simulator and returns the function's result. */
export async function httpExchange(
  event: APIGatewayProxyEventV2,
  handle: (request: SimulatorRequest) => Promise<SimulatorAnswer>,
  { sleep }: Pick<SimulatorPorts, 'sleep'>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const answer = await handle({
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: lowerCased(event.headers),
    bodyText: bodyText(event),
  });
  if (answer.closeConnection === 'when-client-gives-up') await sleep(HANG_MS);
  const { status, headers, body } = answer.closeConnection === undefined ? answer : gatewayAnswer(502);
  if (typeof body === 'string') return { statusCode: status, headers: { ...headers }, body };
  const text = Buffer.from(body).toString('base64');
  return { statusCode: status, headers: { ...headers }, body: text, isBase64Encoded: true };
}

/** API Gateway already writes names in lower case; its local replacement may not. */
function lowerCased(headers: APIGatewayProxyEventV2['headers']): SimulatorRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
