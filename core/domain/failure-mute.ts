// Mutes of failures: a group of failures that people know of and want out of the way until a time. A mute hides nothing, it
// only puts the group last, with who said so and why. Pure; flows/mute-failures.ts keeps them.
import type { AuditActor } from './audit-entry.ts';

/** In place of a model or an account: every one. */
export const EVERY_ONE = '*';

/**
 * Whose view it is: a client mutes its own groups for itself, operators theirs for all operators. Neither can put what the
 * other must see out of its way.
 */
export type MuteSide = 'own' | 'operators';

/** What a mute is about. */
export interface MutedGroup {
  /** Key of what was met: `http-429`. */
  readonly key: string;
  /** A model, or `*`. */
  readonly model: string;
  /** An account, or `*`. */
  readonly accountId: string;
}

export interface FailureMute extends MutedGroup {
  /** When it ends, epoch milliseconds. */
  readonly until: number;
  readonly reason: string;
  readonly by: AuditActor;
  readonly at: number;
}

/** The mutes of one account on one side; saved over the version that was read. */
export interface MuteList {
  readonly side: MuteSide;
  readonly accountId: string;
  readonly mutes: readonly FailureMute[];
  /** 0 for one that was never saved. */
  readonly version: number;
}

export function liveMutes({ mutes }: Pick<MuteList, 'mutes'>, now: number): readonly FailureMute[] {
  return mutes.filter(({ until }) => until > now);
}

function isSame(one: MutedGroup, other: MutedGroup): boolean {
  return one.key === other.key && one.model === other.model && one.accountId === other.accountId;
}

/** Without those that have ended, and without the one about this. */
export function withoutMute(list: MuteList, about: MutedGroup, now: number): readonly FailureMute[] {
  return liveMutes(list, now).filter((mute) => !isSame(mute, about));
}

export function hasMute(list: MuteList, about: MutedGroup, now: number): boolean {
  return liveMutes(list, now).some((mute) => isSame(mute, about));
}

/** Of those that are about the group, the one that lasts longest. */
export function muteOf(group: MutedGroup, mutes: readonly FailureMute[]): FailureMute | undefined {
  const fits = (own: string, asked: string): boolean => asked === EVERY_ONE || asked === own;
  return mutes
    .filter(
      ({ key, model, accountId }) => key === group.key && fits(group.model, model) && fits(group.accountId, accountId),
    )
    .sort((one, other) => other.until - one.until)[0];
}
