// The self-test of an endpoint: sends it a good webhook, a badly signed one, an old one and the good one again, and
// reports which it accepted but should have refused. Its webhooks are marked as tests and are no events of the account.
import { newSecret, secretsInForce } from '../domain/webhook/webhook-secrets.ts';
import { isSuccess } from '../domain/webhook/delivery.ts';
import { signedHeaders } from '../domain/webhook/webhook-signature.ts';
import { webhookBody } from '../domain/webhook/webhook-body.ts';
import type { CallCause, CallResult } from '../domain/webhook/delivery.ts';
import type { OutboxEvent } from '../domain/webhook/outbox-event.ts';
import type { WebhookEndpoint } from '../domain/webhook/webhook-endpoint.ts';
import type { EndpointPorts } from '../ports/endpoint-ports.ts';

type TestPorts = Pick<EndpointPorts, 'clock' | 'randomSource' | 'caller'>;

/** The verdict, as clients see it. */
interface SelfTest {
  readonly endpoint_id: string;
  readonly url: string;
  readonly webhook_id: string;
  readonly passed: boolean;
  readonly wrongly_taken: readonly string[];
  readonly wrongly_refused: readonly string[];
  readonly not_answered: readonly string[];
  readonly deliveries: readonly {
    readonly name: string;
    readonly expected: string;
    readonly taken: boolean | null;
    readonly http_status: number | null;
    readonly cause: string | null;
    readonly duration_ms: number;
    readonly advice: string | null;
  }[];
}

/** Two rounds of calls must fit into the 29 s that an API call may take. */
const CALL_TIMEOUT_MS = 8_000;
/** Twice the tolerance that Standard Webhooks recommends to receivers. */
const OLD_SECONDS = 600;

interface TestCall {
  readonly name: 'good' | 'bad-signature' | 'old' | 'doubled';
  readonly shouldBeTaken: boolean;
  /** What to fix when the check failed. */
  readonly advice: string;
  readonly secrets: readonly string[];
  readonly ageSeconds: number;
}

function testCalls(ports: TestPorts, endpoint: WebhookEndpoint): readonly TestCall[] {
  const { randomSource, clock } = ports;
  const secrets = secretsInForce(endpoint.secrets, clock.now()).map(({ secret }) => secret);
  const foreign = newSecret('v1', () => randomSource.secret(), clock.now()).secret;
  return [
    {
      name: 'good',
      shouldBeTaken: true,
      advice: 'Answer 2xx within the time limit to a webhook signed with your secret.',
      secrets,
      ageSeconds: 0,
    },
    {
      name: 'bad-signature',
      shouldBeTaken: false,
      advice:
        'Verify the signature over the raw body, and refuse what does not match: this one was not from the relay.',
      secrets: [foreign],
      ageSeconds: 0,
    },
    {
      name: 'old',
      shouldBeTaken: false,
      advice: 'Refuse timestamps more than five minutes off: anyone could send a recorded webhook again.',
      secrets,
      ageSeconds: OLD_SECONDS,
    },
    {
      name: 'doubled',
      shouldBeTaken: true,
      advice: 'Answer 2xx to a webhook-id that you have already, and act on it once: if refused, it is sent again.',
      secrets,
      ageSeconds: 0,
    },
  ];
}

/** An event of the shape that the endpoint asked for, without any of the account's data. */
function testEvent(ports: TestPorts, endpoint: WebhookEndpoint): OutboxEvent {
  const at = ports.clock.now();
  const id = `test_${ports.randomSource.id()}`;
  const task = {
    id,
    model: 'relay/webhook/test',
    status: 'completed',
    code: 0,
    outputs: null,
    error: null,
    created_at: new Date(at).toISOString(),
    completed_at: new Date(at).toISOString(),
    test: true,
  };
  return { id: `evt_${id}`, type: 'task.completed', accountId: endpoint.accountId, at, taskId: id, data: task };
}

/** In the event shape its type shows what it is; in the bare one only its model and `test` can. */
function testBody(event: OutboxEvent, shape: WebhookEndpoint['shape']): string {
  return shape === 'get3w'
    ? webhookBody(event, shape)
    : JSON.stringify({ type: 'endpoint.test', timestamp: new Date(event.at).toISOString(), data: event.data });
}

interface TestedCall {
  readonly call: TestCall;
  readonly result: CallResult;
}

/** A disabled endpoint can be tested: that shows whether it works again. */
export async function testEndpoint(ports: TestPorts, endpoint: WebhookEndpoint): Promise<SelfTest> {
  const event = testEvent(ports, endpoint);
  const body = testBody(event, endpoint.shape);
  const now = Math.floor(ports.clock.now() / 1_000);
  const send = async (call: TestCall): Promise<TestedCall> => {
    const id = call.name === 'good' || call.name === 'doubled' ? event.id : `${event.id}_${call.name}`;
    const headers = signedHeaders(call.secrets, { id, timestampSeconds: now - call.ageSeconds, body });
    const marked = { ...endpoint.headers, ...headers, 'webhook-test': 'true' };
    const result = await ports.caller.call({ url: endpoint.url, headers: marked, body, timeoutMs: CALL_TIMEOUT_MS });
    return { call, result };
  };
  const [good, ...others] = testCalls(ports, endpoint);
  // The good one first: the duplicate is only one once the first has arrived.
  const tested = [...(good ? [await send(good)] : []), ...(await Promise.all(others.map(send)))];
  return report(endpoint, event, tested);
}

/** Why a call got no answer: this shows nothing about what the receiver accepts and refuses. */
const unanswered: Readonly<Record<Exclude<CallCause, 'status'>, string>> = {
  dns: 'The endpoint could not be reached: its name does not resolve.',
  address: 'The endpoint could not be reached: its address may not be called.',
  connect: 'The endpoint could not be reached: nothing accepts connections there.',
  tls: 'The endpoint could not be reached: the TLS handshake failed; check its certificate.',
  timeout: `The endpoint did not answer within ${CALL_TIMEOUT_MS / 1_000} s.`,
  connection: 'The endpoint broke the connection before it answered.',
};

function adviceFor({ call, result }: TestedCall): string | null {
  if (result.kind === 'failed') return unanswered[result.cause];
  return isSuccess(result) === call.shouldBeTaken ? null : call.advice;
}

function report(endpoint: WebhookEndpoint, event: OutboxEvent, tested: readonly TestedCall[]): SelfTest {
  const answered = tested.filter(({ result }) => result.kind === 'answered');
  const wrong = answered.filter(({ call, result }) => isSuccess(result) !== call.shouldBeTaken);
  const unheard = tested.filter(({ result }) => result.kind === 'failed');
  return {
    endpoint_id: endpoint.id,
    url: endpoint.url,
    webhook_id: event.id,
    passed: wrong.length === 0 && unheard.length === 0,
    wrongly_taken: wrong.filter(({ call }) => !call.shouldBeTaken).map(({ call }) => call.name),
    wrongly_refused: wrong.filter(({ call }) => call.shouldBeTaken).map(({ call }) => call.name),
    not_answered: unheard.map(({ call }) => call.name),
    deliveries: tested.map(({ call, result }) => ({
      name: call.name,
      expected: call.shouldBeTaken ? 'taken' : 'refused',
      taken: result.kind === 'answered' ? isSuccess(result) : null,
      http_status: result.kind === 'answered' ? result.status : null,
      cause: result.kind === 'failed' ? result.cause : null,
      duration_ms: result.durationMs,
      advice: adviceFor({ call, result }),
    })),
  };
}
