// Replaces the services of which the relay uses a call or two: Secrets Manager's GetSecretValue, SNS's Publish, which
// is logged, and CloudWatch's reads, through cloudwatch-stand-in.ts. Any other call is refused with the error that the
// SDK shows as an unknown operation.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerCloudWatch, CLOUD_WATCH_TARGET } from '../cloudwatch/cloudwatch-stand-in.ts';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WatchedStack } from '../cloudwatch/cloudwatch-stand-in.ts';

export interface ServiceServer {
  readonly url: string;
  /** Sets the secrets, by ARN, before functions run. */
  setSecrets(secrets: ReadonlyMap<string, string>): void;
  setTopics(topicArns: readonly string[]): void;
  /** Sets what CloudWatch can read; until then its calls get 503, as from a service that is starting. */
  setWatched(stack: WatchedStack): void;
  close(): Promise<void>;
}

export interface Publication {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
}

interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

function jsonAnswer(status: number, body: object): ServiceAnswer {
  return {
    status,
    contentType: 'application/x-amz-json-1.1',
    body: JSON.stringify(body),
  };
}

/** @param onPublication called with everything that is published to a topic of the stack. */
export async function startServiceServer(onPublication: (publication: Publication) => void): Promise<ServiceServer> {
  let secrets: ReadonlyMap<string, string> = new Map();
  let topics: readonly string[] = [];
  let watched: WatchedStack | undefined;
  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      const target = request.headers['x-amz-target']?.toString();
      const answer =
        target === undefined
          ? answerQuery(topics, text, onPublication)
          : target.startsWith(CLOUD_WATCH_TARGET)
            ? answerMonitoring(watched, target, text)
            : answerSecrets(secrets, target, text);
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
    });
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setSecrets: (values) => (secrets = values),
    setTopics: (arns) => (topics = arns),
    setWatched: (stack) => (watched = stack),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answerMonitoring(stack: WatchedStack | undefined, target: string, text: string): ServiceAnswer {
  const contentType = 'application/x-amz-json-1.0';
  if (stack === undefined) return { status: 503, contentType, body: '{}' };
  const { status, body } = answerCloudWatch(stack, target.slice(CLOUD_WATCH_TARGET.length), text);
  return { status, contentType, body: JSON.stringify(body) };
}

/** JSON 1.1, as Secrets Manager speaks it. */
function answerSecrets(secrets: ReadonlyMap<string, string>, target: string, text: string): ServiceAnswer {
  if (target !== 'secretsmanager.GetSecretValue') {
    return jsonAnswer(400, {
      __type: 'UnknownOperationException',
      message: `${target} is not supported on one machine`,
    });
  }
  const { SecretId: arn = '' } = JSON.parse(text) as { SecretId?: string };
  const value = secrets.get(arn);
  return value === undefined
    ? jsonAnswer(400, { __type: 'ResourceNotFoundException', Message: `the secret ${arn} does not exist` })
    : jsonAnswer(200, { ARN: arn, Name: arn, SecretString: value, VersionId: 'local', VersionStages: ['AWSCURRENT'] });
}

/** The query protocol, as SNS speaks it: a form in, XML out. */
function answerQuery(
  topics: readonly string[],
  text: string,
  onPublication: (publication: Publication) => void,
): ServiceAnswer {
  const form = new URLSearchParams(text);
  const topicArn = form.get('TopicArn') ?? '';
  if (form.get('Action') !== 'Publish') return xmlError('InvalidAction', `${form.get('Action')} is not supported here`);
  if (!topics.includes(topicArn)) return xmlError('NotFound', `the topic ${topicArn} does not exist`);
  onPublication({ topicArn, subject: form.get('Subject') ?? '', message: form.get('Message') ?? '' });
  const body = `<PublishResponse><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult></PublishResponse>`;
  return { status: 200, contentType: 'text/xml', body };
}

function xmlError(code: string, message: string): ServiceAnswer {
  return {
    status: 400,
    contentType: 'text/xml',
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}
