// A receiver of webhooks on this machine that trusts no caller: every call is verified with the secret of its path, by
// both libraries that receivers use, and kept with the verdict. Answers as set for each path, late or never if need be.
import { createServer } from 'node:http';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SignedCall {
  readonly path: string;
  /** `webhook-id`. */
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodyText: string;
  readonly body: Record<string, unknown> & { readonly type?: string; readonly data?: Record<string, unknown> };
  readonly receivedAtMs: number;
  /** Both libraries accept signature and time. */
  readonly isVerified: boolean;
}

/** A status, with what goes with it; `never` leaves the call open until the other side gives up. */
type InboxAnswer =
  | number
  | 'never'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly afterMs?: number;
    };

type Behaviour = (call: SignedCall, count: number) => InboxAnswer;

export class SignedInbox {
  readonly #calls: SignedCall[] = [];
  readonly #secrets = new Map<string, string>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      this.#take(request.url ?? '/', request.headers, Buffer.concat(chunks).toString(), response),
    );
  });
  url = '';

  /** @param defaultSecret of every path that is given none of its own. */
  static async open(defaultSecret: string): Promise<SignedInbox> {
    const inbox = new SignedInbox(defaultSecret);
    await new Promise<void>((resolve) => inbox.#server.listen(0, '127.0.0.1', () => resolve()));
    inbox.url = `http://127.0.0.1:${(inbox.#server.address() as AddressInfo).port}`;
    return inbox;
  }

  readonly #defaultSecret: string;

  private constructor(defaultSecret: string) {
    this.#defaultSecret = defaultSecret;
  }

  /** The address of a path, whose calls are from now on held against `secret` and answered so, in turn. */
  at(path: string, answers: readonly InboxAnswer[] | Behaviour = [200]): string {
    const behaviour: Behaviour =
      typeof answers === 'function'
        ? answers
        : (_call, count) => answers[Math.min(count, answers.length) - 1] as InboxAnswer;
    this.#behaviours.set(path, behaviour);
    return `${this.url}${path}`;
  }

  trust(path: string, secret: string): void {
    this.#secrets.set(path, secret);
  }

  received(path?: string): readonly SignedCall[] {
    return path === undefined ? this.#calls : this.#calls.filter((call) => call.path === path);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #take(path: string, headers: IncomingHttpHeaders, bodyText: string, response: ServerResponse): void {
    const secret = this.#secrets.get(path) ?? this.#defaultSecret;
    const call: SignedCall = {
      path,
      id: String(headers['webhook-id']),
      headers,
      bodyText,
      body: JSON.parse(bodyText) as SignedCall['body'],
      receivedAtMs: Date.now(),
      isVerified: isVerified(secret, bodyText, headers),
    };
    this.#calls.push(call);
    const behaviour = this.#behaviours.get(path);
    const act = behaviour?.(call, this.received(path).length) ?? 200;
    if (act === 'never') return;
    const {
      status,
      headers: answerHeaders = {},
      body = 'thank you',
      afterMs = 0,
    } = typeof act === 'number' ? { status: act } : act;
    setTimeout(() => response.writeHead(status, answerHeaders).end(body), afterMs);
  }
}

function isVerified(secret: string, body: string, headers: IncomingHttpHeaders): boolean {
  const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  try {
    new StandardWebhook(secret).verify(body, texts);
    new SvixWebhook(secret).verify(body, texts);
    return true;
  } catch {
    return false;
  }
}
