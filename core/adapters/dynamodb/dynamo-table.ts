// The one table and how it is called: the client with its time limits, and the resending of calls that may still
// succeed. Every call made through it must be safe to send twice: reads, conditional writes that recognise themselves,
// transactions with a token. The stores define what the calls mean.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { defaultRetention } from '../../domain/retention-settings.ts';
import { RelayError } from '../../domain/relay-error.ts';
import { commitOptimistically } from '../../ports/optimistic-commit.ts';
import { classifyFault } from '../sdk-faults.ts';
import { serviceClient } from '../service-client.ts';
import type { RetentionSettings } from '../../domain/retention-settings.ts';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RandomSource, Clock } from '../../ports/ports.ts';
import type { OptimisticCommit } from '../../ports/optimistic-commit.ts';
import type { SdkFault } from '../sdk-faults.ts';

export type Item = Record<string, AttributeValue>;

export interface DynamoTableOptions {
  readonly tableName: string;
  readonly clock: Clock;
  readonly randomSource: Pick<RandomSource, 'random' | 'id'>;
  /** Only tests pass a client; otherwise the process's shared one is used. */
  readonly client?: DynamoDBClient | undefined;
  /** How long rows are kept that are over; the defaults unless given. */
  readonly retention?: RetentionSettings | undefined;
}

/**
 * An answer takes milliseconds. A call that takes seconds is lost, and asking again is cheaper than a waiting function.
 */
const callLimits = { triesMax: 4, tryTimeoutMs: 3_000, callTimeoutMs: 12_000 } as const;

let sharedClient: DynamoDBClient | undefined;

/**
 * The process's one client, made at first use, so that all callers share connections and credentials.
 * The endpoint comes from `AWS_ENDPOINT_URL_DYNAMODB` where that is set, region and credentials from the environment.
 */
export function dynamoClient(): DynamoDBClient {
  sharedClient ??= serviceClient((config) => new DynamoDBClient(config), callLimits);
  return sharedClient;
}

/** Tries until a kind of fault is given up, and the ceilings of the first wait and of any wait in between. */
interface ResendPolicy {
  readonly sendsMax: number;
  readonly baseMs: number;
  readonly capMs: number;
}

// By then the SDK has resent throttles and outages; it leaves conflicts between transactions to its caller.
const policies: Readonly<Partial<Record<SdkFault['kind'], ResendPolicy>>> = {
  contended: { sendsMax: 14, baseMs: 10, capMs: 400 },
  throttled: { sendsMax: 5, baseMs: 50, capMs: 1_000 },
  unavailable: { sendsMax: 2, baseMs: 100, capMs: 200 },
};

/**
 * How long a call waits for other writers of the same items: not at all where its caller has another way; shortly where
 * each of them is quick and none reads what it writes, as claims of slots; for long where there is no other way and the crowd is
 * known to pass, as when all processes take their first lease of one account.
 */
export type Patience = 'none' | 'short' | 'usual' | 'long';

const waitsOfPatience: Readonly<Partial<Record<Patience, ResendPolicy>>> = {
  short: { sendsMax: 10, baseMs: 10, capMs: 80 },
  long: { sendsMax: 40, baseMs: 10, capMs: 150 },
};

export class DynamoTable {
  readonly name: string;
  readonly retention: RetentionSettings;
  readonly #options: DynamoTableOptions;

  constructor(options: DynamoTableOptions) {
    this.name = options.tableName;
    this.retention = options.retention ?? defaultRetention;
    this.#options = options;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** An id of one write, by which the write is recognised when its answer was lost. */
  newId(): string {
    return this.#options.randomSource.id();
  }

  /** As commitOptimistically, with this table's clock and jitter. */
  optimistically<Result>(commit: OptimisticCommit<Result>): Promise<Result> {
    return commitOptimistically(this.#options, commit);
  }

  /** Uniform in [0, 1). */
  random(): number {
    return this.#options.randomSource.random();
  }

  /** Waits a jittered time, which grows with `tries`, before the next try. */
  async pause(tries: number, { baseMs, capMs }: Pick<ResendPolicy, 'baseMs' | 'capMs'>): Promise<void> {
    const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(tries, 20));
    await this.#options.clock.sleep(Math.ceil(this.#options.randomSource.random() * ceilingMs));
  }

  /**
   * Makes a call, and repeats it where that may help.
   * @throws RelayError `store-contended` or `store-unavailable` when it does not; any other fault as the SDK threw it.
   */
  async call<Answer>(
    operation: (client: DynamoDBClient) => Promise<Answer>,
    patience: Patience = 'usual',
  ): Promise<Answer> {
    const client = this.#options.client ?? dynamoClient();
    const met: Partial<Record<SdkFault['kind'], number>> = {};
    for (;;) {
      try {
        return await operation(client);
      } catch (error) {
        const { kind } = classifyFault(error);
        const isContended = kind === 'contended';
        const policy = (isContended ? waitsOfPatience[patience] : undefined) ?? policies[kind];
        if (!policy) throw error;
        const sends = (met[kind] ?? 0) + 1;
        met[kind] = sends;
        if (sends >= policy.sendsMax || isTooLong(patience, kind)) throw storeError(kind, error);
        await this.pause(sends - 1, policy);
      }
    }
  }
}

function isTooLong(patience: Patience, kind: SdkFault['kind']): boolean {
  return patience === 'none' && (kind === 'contended' || kind === 'throttled');
}

function storeError(kind: SdkFault['kind'], cause: unknown): RelayError {
  const isContended = kind === 'contended';
  const text = isContended ? 'Too many write the same items at once' : 'DynamoDB does not answer';
  return new RelayError(isContended ? 'store-contended' : 'store-unavailable', text, { fault: kind }, { cause });
}
