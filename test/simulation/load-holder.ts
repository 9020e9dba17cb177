// The function of a load world that takes the turn to grant slots at a given moment, and is killed or frozen right
// then: nothing that it asks for afterwards happens, or happens late. It neither gives the turn back nor fails.
import { keyOf } from '../../core/contract/items.ts';
import { STARTS_AT } from './load-get3w.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HolderFailure } from './load-plan.ts';
import type { VirtualTime } from './virtual-time.ts';

const turnPrefix = keyOf.places('allocate#').pk;

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: { readonly Key?: Readonly<Record<string, { readonly S?: string }>> };
}

/** One for a world: it strikes once. */
export class HolderFault {
  readonly #time: VirtualTime;
  readonly #failure: HolderFailure | undefined;
  /** Whether it has struck, so that a test can tell. */
  hasStruck = false;

  constructor(time: VirtualTime, failure: HolderFailure | undefined) {
    this.#time = time;
    this.#failure = failure;
  }

  forRun(): RunFault {
    return new RunFault(this.#time, () => this.#strike());
  }

  /** @returns until when the run is frozen; undefined when it is spared. */
  #strike(): number | undefined {
    const failure = this.#failure;
    const now = this.#time.now();
    if (!failure || this.hasStruck || now - STARTS_AT < failure.atMs) return undefined;
    this.hasStruck = true;
    return failure.frozenMs === undefined ? Infinity : now + failure.frozenMs;
  }
}

/** A client of a process, whose runs have each a fault of their own. */
export function watchedBy(current: () => RunFault, client: DynamoDBClient): DynamoDBClient {
  const send = (command: Command): Promise<unknown> => current().send(client, command);
  return { send, destroy: () => undefined } as unknown as DynamoDBClient;
}

export class RunFault {
  readonly #time: VirtualTime;
  readonly #strike: () => number | undefined;
  #hasTaken = false;
  #frozenUntil: number | undefined;

  constructor(time: VirtualTime, strike: () => number | undefined) {
    this.#time = time;
    this.#strike = strike;
  }

  /** Awaited before each call of the run to the outside. */
  async pass(): Promise<void> {
    const until = this.#frozenUntil;
    if (until === undefined) return;
    // A killed function goes no further.
    if (until === Infinity) await new Promise<never>(() => undefined);
    await this.#time.sleep(Math.max(0, until - this.#time.now()));
  }

  async send(client: DynamoDBClient, command: Command): Promise<unknown> {
    await this.pass();
    const answer: unknown = await client.send(command as never);
    const isTurn = command.constructor.name === 'UpdateItemCommand' && isOfTurn(command);
    if (isTurn && !this.#hasTaken) {
      this.#hasTaken = true;
      this.#frozenUntil = this.#strike();
    }
    return answer;
  }
}

function isOfTurn({ input: { Key = {} } }: Command): boolean {
  return Object.values(Key).some(({ S = '' }) => S.startsWith(turnPrefix));
}
