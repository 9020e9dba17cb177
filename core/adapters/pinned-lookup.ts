// Resolves a name once for one call, judges every address, and lets the connection go to the judged ones only. For all
// calls to addresses that others choose: webhooks, and the outputs of tasks. address-rules.ts has the rules.
import { Resolver } from 'node:dns/promises';
import { judgeAddress } from '../domain/webhook/address-rules.ts';
import type { LookupFunction } from 'node:net';
import type { AddressPolicy } from '../domain/webhook/address-rules.ts';
import type { ExchangeProgress } from './http-exchange.ts';

/** Every A and AAAA answer of a name; throws with a system code when there is none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

/**
 * What clients see when a name leads to a refused address. Neither the address nor its subnet: with those, any client
 * could resolve the names of the relay's own network.
 */
export const LEADS_ASTRAY = 'leads to an address that the relay does not call';

export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/**
 * c-ares rather than getaddrinfo: the latter has four threads for the whole process, so that four names with dead name
 * servers would block every other receiver.
 */
export const systemResolve: ResolveName = async (name) => {
  if (/(^|\.)localhost$/i.test(name)) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [first] = answers;
  if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
  return addresses;
};

export interface CallProgress extends ExchangeProgress {
  /** Set if the name has no IPv4 address. */
  isIpv6Only?: boolean;
}

/**
 * The `lookup` of one call: resolves, judges every answer, and returns what was judged. Node connects to these and
 * resolves no more. It is not called for hosts that are addresses: judgeWebhookUrl has judged those.
 */
export function pinnedLookup(
  resolve: ResolveName,
  policy: AddressPolicy,
  isPlain: boolean,
  progress: CallProgress,
): LookupFunction {
  return (name, options, done) => {
    resolve(name.replace(/\.+$/, '')).then(
      (addresses) => {
        const isRefused = addresses.some((address) => judgeAddress(address, policy, isPlain) !== undefined);
        progress.phase = isRefused ? 'address' : 'connect';
        if (isRefused) return done(new AddressRefused(`the name ${LEADS_ASTRAY}`), '');
        progress.isIpv6Only = addresses.every((address) => address.includes(':'));
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first] = found;
        if (!first) return done(Object.assign(new Error('no address'), { code: 'ENODATA' }), '');
        return options.all ? done(null, found) : done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('no answer', { cause: error }), ''),
    );
  };
}
