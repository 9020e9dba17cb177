// Which addresses a webhook may be sent to: the guard against server-side request forgery. Pure: it judges addresses
// and URLs as text; the webhook caller resolves names and dials the judged address.
// Source of the ranges: IANA's special-purpose address registries (RFC 6890 and its updates).
import { limits } from '../limits.ts';

export interface AddressPolicy {
  /**
   * Subnets in CIDR form that are opened on purpose: loopback in the local runtime.
   * @change for tests on one machine only: functions in AWS reach no private network.
   */
  readonly openSubnets: readonly string[];
  /**
   * True allows plain http to addresses in `openSubnets` and to localhost; never to a name.
   * @change for tests on one machine only.
   */
  readonly isHttpOpen: boolean;
}

/** Why an address or URL is refused, for people to read; undefined when it is fine. */
export type AddressRefusal = string | undefined;

interface Subnet {
  readonly text: string;
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly prefix: number;
}

/** An address as a number, with the size of its family. */
interface ParsedAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // Some readers take leading zeros for octal, others for decimal: neither reading is safe, so both are refused.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** Rewrites a dotted tail (`::ffff:1.2.3.4`) as two groups of hex. */
function withoutDottedTail(text: string): string | undefined {
  const start = text.lastIndexOf(':') + 1;
  if (!text.includes('.')) return text;
  const tail = parseIpv4(text.slice(start));
  if (tail === undefined) return undefined;
  return `${text.slice(0, start)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
}

function parseIpv6(given: string): bigint | undefined {
  const text = withoutDottedTail(given);
  if (text === undefined) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const filled = tail === undefined ? 0 : 8 - head.length - tail.length;
  if (tail !== undefined && filled < 1) return undefined;
  const groups = [...head, ...Array.from({ length: filled }, () => '0'), ...(tail ?? [])];
  if (groups.length !== 8 || groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function parseAddress(text: string): ParsedAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { bits: 32, value: ipv4 };
  const ipv6 = text.includes(':') ? parseIpv6(text) : undefined;
  if (ipv6 === undefined) return undefined;
  // A v4-mapped address reaches the same IPv4 host, so it is judged like one.
  return ipv6 >> 32n === 0xffffn ? { bits: 32, value: ipv6 & 0xffff_ffffn } : { bits: 128, value: ipv6 };
}

/** @throws RangeError for a text that is not a subnet: a mistake in the settings. */
function parseSubnet(text: string): Subnet {
  const [address = '', length = ''] = text.split('/');
  const ipv4 = parseIpv4(address);
  const base = ipv4 ?? parseIpv6(address);
  const bits = ipv4 === undefined ? 128 : 32;
  if (base === undefined || !/^\d{1,3}$/.test(length) || Number(length) > bits)
    throw new RangeError(`not a subnet: ${text}`);
  return { text, bits, base, prefix: Number(length) };
}

function isWithin(address: ParsedAddress, subnet: Subnet): boolean {
  const shift = BigInt(subnet.bits - subnet.prefix);
  return address.bits === subnet.bits && address.value >> shift === subnet.base >> shift;
}

/** Refused unless opened. Everything of IPv6 outside 2000::/3 is refused as well, see judgeParsed. */
const refusedSubnets: readonly Subnet[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // Forms that carry an IPv4 address inside (NAT64, Teredo, 6to4), ranges for documentation, segment routing.
  ...['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
].map(parseSubnet);

/**
 * Never opened, whatever the settings are: Lambda's runtime API and AWS's metadata, name and time services are here,
 * those of IPv6 in a subnet of private addresses.
 */
const sealedSubnets: readonly Subnet[] = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'].map(parseSubnet);

const globalIpv6 = parseSubnet('2000::/3');

function judgeParsed(address: ParsedAddress, policy: AddressPolicy, isPlain: boolean): AddressRefusal {
  const sealed = sealedSubnets.find((subnet) => isWithin(address, subnet));
  if (sealed) return `lies in ${sealed.text}, which is never called`;
  if (policy.openSubnets.some((subnet) => isWithin(address, parseSubnet(subnet)))) return undefined;
  const refused = refusedSubnets.find((subnet) => isWithin(address, subnet));
  if (refused) return `lies in ${refused.text}, which is not public`;
  if (address.bits === 128 && !isWithin(address, globalIpv6)) return 'is not a global unicast address';
  return isPlain ? 'can only be called by https' : undefined;
}

/**
 * Judges an address that a name resolved to, or that a URL contains.
 * @param isPlain true when it is to be called by http.
 */
export function judgeAddress(address: string, policy: AddressPolicy, isPlain: boolean): AddressRefusal {
  const parsed = parseAddress(address);
  return parsed ? judgeParsed(parsed, policy, isPlain) : 'is not an IP address';
}

/** The host of a URL without brackets and trailing dots. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

export function isAddress(host: string): boolean {
  return parseAddress(host) !== undefined;
}

/**
 * Names whose registration reserves them for this host, this network or nothing public (RFC 6761, 6762, 8375, 9476).
 */
const localNames =
  /(^|\.)(local|internal|intranet|private|lan|home|corp|mail|home\.arpa|localdomain|alt|onion|test|example|invalid)$/i;
const loopbackNames = /(^|\.)localhost$/i;

/**
 * Judges the URL of a webhook before anything is resolved: its form, and its host if that is an address already.
 * The WHATWG parser has already turned decimal, octal, hex, short and full-width spellings into plain addresses.
 */
export function judgeWebhookUrl(text: string, policy: AddressPolicy): AddressRefusal {
  if (Buffer.byteLength(text) > limits.webhookUrlBytesMax) return `is longer than ${limits.webhookUrlBytesMax} bytes`;
  const url = URL.parse(text);
  if (!url) return 'is not a URL';
  const isPlain = url.protocol === 'http:';
  if (url.protocol !== 'https:' && !isPlain) return 'is not an https URL';
  if (isPlain && !policy.isHttpOpen) return 'is not an https URL';
  if (url.username !== '' || url.password !== '') return 'carries a user name or password';
  if (url.port === '0') return 'names port 0, which no server listens on';
  return judgeHost(hostOf(url), policy, isPlain);
}

function judgeHost(host: string, policy: AddressPolicy, isPlain: boolean): AddressRefusal {
  if (host === '') return 'names no host';
  if (isAddress(host)) return judgeAddress(host, policy, isPlain);
  if (loopbackNames.test(host)) return judgeAddress('127.0.0.1', policy, isPlain);
  if (localNames.test(host)) return 'names a host of a local network';
  // The resolver would try such a name in the search domains of its network.
  if (!host.includes('.')) return 'names a host without its domain';
  // Where a name leads is only known when it is dialled, and by then a plain request would be on its way.
  return isPlain ? 'is not an https URL' : undefined;
}
