// A mute of failures as operators and clients see it: until when, why, and who said so.
// Times are ISO 8601. Pure.
import { publicActor } from './public-audit.ts';
import type { FailureMute, MutedGroup } from '../domain/failure-mute.ts';
import type { PublicAuditEntry } from './public-audit.ts';

export interface PublicMute {
  readonly until: string;
  readonly reason: string;
  readonly by: PublicAuditEntry['actor'];
  readonly at: string;
}

export interface PublicMutedGroup {
  readonly key: string;
  /** `*` for every one. */
  readonly model: string;
  readonly account: string;
  /** Null once it is muted no more. */
  readonly muted: PublicMute | null;
}

export function publicMute({ until, reason, by, at }: FailureMute): PublicMute {
  return { until: new Date(until).toISOString(), reason, by: publicActor(by), at: new Date(at).toISOString() };
}

export function publicMutedGroup({ key, model, accountId }: MutedGroup, mute?: FailureMute): PublicMutedGroup {
  return { key, model, account: accountId, muted: mute ? publicMute(mute) : null };
}
