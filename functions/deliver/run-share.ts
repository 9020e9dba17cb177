// What one run may do for one account. All accounts share the runs: a healthy receiver may be called at once and for a
// short while, but to call any other, or to continue for longer, the run has to hold one of the account's places. So
// however many receivers of an account never answer, they hold only a few runs.
import { isStranger, isTrusted } from '../../core/domain/webhook/lane.ts';
import { laneLeaseMs } from '../../core/domain/webhook/delivery-policy.ts';
import { slowRuns } from '../../core/domain/share-settings.ts';
import { takeShare } from '../../core/flows/take-share.ts';
import type { Lane } from '../../core/domain/webhook/lane.ts';
import type { CallResult } from '../../core/domain/webhook/delivery.ts';
import type { WebhookCall } from '../../core/ports/webhook-ports.ts';
import type { ShareTaken } from '../../core/flows/take-share.ts';
import type { DeliverPorts } from './deliver-ports.ts';

const RECORDING_MS = 500;

/** The part of one run that works for one account. */
export class RunShare {
  readonly #ports: DeliverPorts;
  readonly #accountId: string;
  readonly #patientUntil: number;
  /** Asked for once: a run that got no place does not wait for one. */
  #asked: Promise<ShareTaken> | undefined;
  #askedForStrangers: Promise<ShareTaken> | undefined;
  #hasPlace = false;
  #patience: Promise<void> | undefined;

  constructor(ports: DeliverPorts, accountId: string) {
    this.#ports = ports;
    this.#accountId = accountId;
    this.#patientUntil = ports.clock.now() + ports.settings.shares.patienceMs;
  }

  /**
   * Whether the run may start a call at this time.
   * @throws RelayError from the store.
   */
  async mayCall(lane: Lane, at: number): Promise<boolean> {
    if (this.#hasPlace) return true;
    const isPatient = at < this.#patientUntil;
    if (isPatient && isTrusted(lane)) return true;
    return (await this.#takePlace()) || (isPatient && isStranger(lane) && (await this.#takeStrangersPlace()));
  }

  /** Makes a call, and aborts it when the run's patience ends and the account has no place left for it. */
  async call(call: Omit<WebhookCall, 'cut'>): Promise<CallResult> {
    const { caller, settings } = this.#ports;
    if (this.#hasPlace) return caller.call(call);
    const cut = new AbortController();
    const calling = caller.call({ ...call, cut: cut.signal });
    const isAnswered = await Promise.race([calling.then(() => true), this.#patienceOver().then(() => false)]);
    if (!isAnswered && !(await this.#takePlace().catch(() => false))) cut.abort();
    const result = await calling;
    const isCut = cut.signal.aborted && result.kind === 'failed' && result.cause === 'timeout';
    if (!isCut) return result;
    const detail = `no answer within ${settings.shares.patienceMs} ms, while others of the account keep all its runs waiting`;
    return { ...result, detail };
  }

  /** At the end of the run. A place that cannot be given back is free again with its lease. */
  async giveBack(): Promise<void> {
    const share = await this.#asked?.catch(() => undefined);
    if (share?.kind !== 'taken') return;
    await share.giveBack().catch((error: unknown) => this.#ports.log.warn('A place of a run was kept', { error }));
  }

  async #takePlace(): Promise<boolean> {
    const { places, settings } = this.#ports;
    this.#asked ??= takeShare(places, this.#accountId, {
      resource: 'deliver',
      ...slowRuns(settings.shares),
      leaseMs: laneLeaseMs(settings.deliveries),
    });
    const share = await this.#asked;
    this.#hasPlace = share.kind === 'taken';
    return this.#hasPlace;
  }

  /**
   * One additional place, for receivers that were never called: while others of the account keep its runs waiting, they
   * need not queue behind these, and show within the run's patience whether they answer.
   */
  async #takeStrangersPlace(): Promise<boolean> {
    const { places, settings } = this.#ports;
    this.#askedForStrangers ??= takeShare(places, this.#accountId, {
      resource: 'deliver-strangers',
      accountMax: 1,
      relayMax: slowRuns(settings.shares).accountMax,
      // Not given back: it ends with the run's patience, plus some time to record the answers.
      leaseMs: settings.shares.patienceMs + RECORDING_MS,
    });
    return (await this.#askedForStrangers).kind === 'taken';
  }

  /** One timer for all calls of the run. */
  #patienceOver(): Promise<void> {
    const { clock } = this.#ports;
    this.#patience ??= clock.sleep(Math.max(0, this.#patientUntil - clock.now()));
    return this.#patience;
  }
}

/** The shares of all accounts that one run works for. */
export class RunShares {
  readonly #ports: DeliverPorts;
  readonly #shares = new Map<string, RunShare>();

  constructor(ports: DeliverPorts) {
    this.#ports = ports;
  }

  of(accountId: string): RunShare {
    const share = this.#shares.get(accountId) ?? new RunShare(this.#ports, accountId);
    this.#shares.set(accountId, share);
    return share;
  }

  async giveBack(): Promise<void> {
    await Promise.all([...this.#shares.values()].map((share) => share.giveBack()));
  }
}
