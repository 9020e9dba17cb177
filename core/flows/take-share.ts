// Takes a place for an account within two bounds at once: the account's own and the whole relay's. An account that has
// used up its own is refused before it takes anything from the others.
import type { HeldPlace, Places } from '../ports/places.ts';

interface ShareBounds {
  /** What is shared, such as `sync`: the relay's pool has this name, the account's pool also its id. */
  readonly resource: string;
  readonly accountMax: number;
  /** What all accounts may hold together. */
  readonly relayMax: number;
  /** The same for an account that holds nothing yet, so that a newcomer finds room. @default relayMax */
  readonly relayMaxForFirst?: number;
  readonly leaseMs: number;
}

export type ShareTaken =
  | { readonly kind: 'taken'; readonly giveBack: () => Promise<void> }
  | { readonly kind: 'full'; readonly freeAt: number };

/** @throws RelayError from the store. */
export async function takeShare(places: Places, accountId: string, bounds: ShareBounds): Promise<ShareTaken> {
  const { resource, accountMax, relayMax, relayMaxForFirst = relayMax, leaseMs } = bounds;
  const own = await places.take(`${resource}#${accountId}`, accountMax, leaseMs);
  if (own.kind === 'full') return own;
  const shared = await places.take(resource, own.others === 0 ? relayMaxForFirst : relayMax, leaseMs);
  if (shared.kind === 'full') {
    await places.giveBack(own.place);
    return shared;
  }
  const held: readonly HeldPlace[] = [own.place, shared.place];
  return { kind: 'taken', giveBack: async () => void (await Promise.all(held.map((place) => places.giveBack(place)))) };
}
