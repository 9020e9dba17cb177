// What the calls of the api need from outside, and the form that each of them has.
// The handler fills the ports with adapters, tests with memory doubles.
import type { AccountChanges } from '../../core/ports/account-changes.ts';
import type { AuditLog } from '../../core/ports/audit-log.ts';
import type { ErasureStore } from '../../core/ports/erasure-port.ts';
import type { Places } from '../../core/ports/places.ts';
import type {
  AccountListing,
  AccountStore,
  KeyStore,
  Prices,
  TaskCreation,
  TaskListing,
} from '../../core/ports/ports.ts';
import type { DeadLetterQueues } from '../../core/ports/dead-letters.ts';
import type { FaultReader } from '../../core/ports/message-faults.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { LeaseStore } from '../../core/ports/lease-store.ts';
import type { MuteStore } from '../../core/ports/mute-store.ts';
import type { SpendStore } from '../../core/ports/spend-store.ts';
import type { RouteName, routes } from '../../core/contract/routes.ts';
import type { Answer } from '../../core/http/answer.ts';
import type { Call } from './call.ts';
import type { InputPorts } from '../../core/flows/load-input.ts';
import type { FilePorts } from './kept-ports.ts';
import type { RequestMeter } from './request-meter.ts';
import type { UploadPorts } from './upload-calls.ts';
import type { WebhookApiPorts } from './webhook-ports.ts';

export interface ApiPorts extends WebhookApiPorts, FilePorts, InputPorts, UploadPorts {
  readonly store: WebhookApiPorts['store'] & TaskCreation;
  readonly prices: Prices;
  readonly spend: SpendStore;
  readonly leases: Pick<LeaseStore, 'leased'>;
  readonly accounts: AccountStore & KeyStore & AccountListing & AccountChanges;
  readonly listing: TaskListing;
  readonly erasures: ErasureStore;
  readonly places: Places;
  readonly audit: AuditLog;
  readonly jobs: JobStore;
  readonly letters: DeadLetterQueues;
  readonly faults: FaultReader;
  readonly mutes: MuteStore;
  readonly meter: Pick<RequestMeter, 'admit'>;
  readonly version: string;
}

/** One call: what it answers to an authenticated request. */
export type Serve = (ports: ApiPorts, call: Call) => Promise<Answer>;

/** The routes that the contract assigns to this function. */
type OwnRouteName = { [N in RouteName]: (typeof routes)[N]['function'] extends 'api' ? N : never }[RouteName];
export type ApiRouteName = Exclude<OwnRouteName, 'health' | 'getFile'>;
