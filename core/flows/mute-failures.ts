// Mutes and unmutes groups of failures, and puts muted ones behind the others where groups are shown. The api and the
// command line both do it here.
import { EVERY_ONE, hasMute, liveMutes, muteOf, withoutMute } from '../domain/failure-mute.ts';
import { limits } from '../domain/limits.ts';
import type { FailureMute, MuteList, MuteSide, MutedGroup } from '../domain/failure-mute.ts';
import type { FailureGroup } from '../domain/task/failure-groups.ts';
import type { Clock } from '../ports/ports.ts';
import type { MuteStore } from '../ports/mute-store.ts';

export interface MutePorts {
  readonly mutes: MuteStore;
  readonly clock: Pick<Clock, 'now'>;
}

/** `changed-by-others`: other writers were faster each time. */
type MuteOutcome = 'done' | 'too-many' | 'not-muted' | 'changed-by-others';

/** Two people at once are many already. */
const TRIES_MAX = 5;

/** One that is muted already gets the new end and reason. */
export function muteFailures(ports: MutePorts, side: MuteSide, mute: FailureMute): Promise<MuteOutcome> {
  return change(ports, { side, accountId: mute.accountId }, (list, now) => {
    const others = withoutMute(list, mute, now);
    return others.length >= limits.mutesMax ? 'too-many' : [...others, mute];
  });
}

export function unmuteFailures(ports: MutePorts, side: MuteSide, about: MutedGroup): Promise<MuteOutcome> {
  return change(ports, { side, accountId: about.accountId }, (list, now) =>
    hasMute(list, about, now) ? withoutMute(list, about, now) : 'not-muted',
  );
}

async function change(
  { mutes: store, clock }: MutePorts,
  { side, accountId }: Pick<MuteList, 'side' | 'accountId'>,
  next: (list: MuteList, now: number) => readonly FailureMute[] | 'too-many' | 'not-muted',
): Promise<MuteOutcome> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const [list] = await store.loadMutes(side, [accountId]);
    if (!list) break;
    const mutes = next(list, clock.now());
    if (typeof mutes === 'string') return mutes;
    if (await store.saveMutes({ ...list, mutes })) return 'done';
  }
  return 'changed-by-others';
}

interface ShownGroup {
  readonly group: FailureGroup;
  readonly mute: FailureMute | undefined;
}

/**
 * The groups that are shown: those that no mute is about first, then muted ones, each part in the order given. Mutes are
 * read for the accounts of as many groups as could be shown and as many again, so that muted ones push no others out.
 */
export async function shownGroups(
  { mutes: store, clock }: MutePorts,
  side: MuteSide,
  groups: readonly FailureGroup[],
  max: number,
): Promise<readonly ShownGroup[]> {
  const looked = groups.slice(0, 2 * max);
  if (looked.length === 0) return [];
  const accountIds = [...new Set(looked.map(({ accountId }) => accountId))];
  const lists = await store.loadMutes(side, side === 'operators' ? [...accountIds, EVERY_ONE] : accountIds);
  const live = lists.flatMap((list) => liveMutes(list, clock.now()));
  const shown = looked.map((group) => ({ group, mute: muteOf(group, live) }));
  return [...shown.filter(({ mute }) => !mute), ...shown.filter(({ mute }) => mute)].slice(0, max);
}
