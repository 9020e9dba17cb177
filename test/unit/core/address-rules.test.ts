import { describe, expect, it } from 'vitest';
import { hostOf, isAddress, judgeAddress, judgeWebhookUrl } from '../../../core/domain/webhook/address-rules.ts';
import type { AddressPolicy } from '../../../core/domain/webhook/address-rules.ts';

const shut: AddressPolicy = { openSubnets: [], isHttpOpen: false };
const loopback: AddressPolicy = { openSubnets: ['127.0.0.0/8', '::1/128'], isHttpOpen: true };

/** Spelling in a URL, and where it leads when it is dialled. */
const refusedHosts: readonly (readonly [string, string])[] = [
  ['0.0.0.0', 'this network'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.127.255.254', 'carrier-grade NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.1', 'loopback, short form'],
  ['127.0.1', 'loopback, short form of three'],
  ['2130706433', 'loopback as one decimal number'],
  ['0x7f000001', 'loopback as one hexadecimal number'],
  ['0X7F.0.0.1', 'loopback, hexadecimal part'],
  ['017700000001', 'loopback as one octal number'],
  ['0177.0.0.1', 'loopback, octal part'],
  ['0000177.0.0.0001', 'loopback, padded octal parts'],
  ['127.0.0.1.', 'loopback with a trailing dot'],
  ['①②⑦.⓪.⓪.①', 'loopback in circled digits'],
  ['１２７．０．０．１', 'loopback in full-width digits'],
  ['127%2e0%2e0%2e1', 'loopback with escaped dots'],
  ['127。0。0。1', 'loopback with ideographic full stops'],
  ['localhost', 'loopback by name'],
  ['LOCALHOST', 'loopback by name, capitals'],
  ['localhost.', 'loopback by name, trailing dot'],
  ['localhost..', 'loopback by name, two trailing dots'],
  ['app.localhost', 'loopback by a name below localhost'],
  ['169.254.169.254', 'metadata of the cloud'],
  ['169.254.170.2', 'credentials of a container'],
  ['169.254.100.1', "Lambda's runtime API"],
  ['0xa9fea9fe', 'metadata as one hexadecimal number'],
  ['2852039166', 'metadata as one decimal number'],
  ['[::ffff:169.254.169.254]', 'metadata, v4-mapped'],
  ['[fd00:ec2::254]', 'metadata over IPv6'],
  ['metadata.google.internal', 'metadata by name'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.1', 'protocol assignments'],
  ['192.0.0.170', 'NAT64 discovery'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.0.1', 'private'],
  ['3232235521', 'private as one decimal number'],
  ['198.18.0.1', 'benchmarks'],
  ['198.19.255.255', 'benchmarks'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.9', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['[::]', 'unspecified'],
  ['[::1]', 'loopback'],
  ['[0:0:0:0:0:0:0:1]', 'loopback in full'],
  ['[0000:0000:0000:0000:0000:0000:0000:0001]', 'loopback, padded'],
  ['[::127.0.0.1]', 'loopback, v4-compatible'],
  ['[::ffff:127.0.0.1]', 'loopback, v4-mapped'],
  ['[::FFFF:7F00:1]', 'loopback, v4-mapped in hexadecimal'],
  ['[0:0:0:0:0:ffff:10.0.0.1]', 'private, v4-mapped in full'],
  ['[::ffff:0:127.0.0.1]', 'loopback, v4-translated'],
  ['[64:ff9b::127.0.0.1]', 'loopback behind NAT64'],
  ['[64:ff9b::8.8.8.8]', 'public behind NAT64, refused all the same'],
  ['[64:ff9b:1::1]', 'local NAT64'],
  ['[100::1]', 'discard'],
  ['[2001::1]', 'Teredo'],
  ['[2001:0:4136:e378:8000:63bf:3fff:fdd2]', 'Teredo with an address inside'],
  ['[2001:10::1]', 'ORCHID'],
  ['[2001:db8::1]', 'documentation'],
  ['[2002:7f00:1::]', 'loopback in 6to4'],
  ['[2002:a00:1::1]', 'private in 6to4'],
  ['[3fff::1]', 'documentation'],
  ['[5f00::1]', 'segment routing'],
  ['[4000::1]', 'not assigned'],
  ['[fc00::1]', 'unique local'],
  ['[fdff:ffff::1]', 'unique local'],
  ['[fe80::1]', 'link-local'],
  ['[febf::1]', 'link-local'],
  ['[fec0::1]', 'site-local'],
  ['[ff02::1]', 'multicast'],
  ['printer.local', 'multicast DNS'],
  ['db.corp', 'a company network'],
  ['router.home.arpa', 'a home network'],
  ['intranet.lan', 'a local network'],
  ['vault.private', 'a private network'],
  ['ci.test', 'a name for tests'],
  ['receiver.example', 'a name for documentation'],
  ['nowhere.invalid', 'a name that never resolves'],
  ['metadata', 'a name without its domain'],
  ['db1.', 'a name without its domain, trailing dot'],
  ['com', 'a top-level domain'],
];

/** URL, what is wrong with it, and what the client gets to read. */
const refusedForms: readonly (readonly [string, string, string])[] = [
  ['http://example.com/hook', 'plain http', 'is not an https URL'],
  ['http://8.8.8.8/hook', 'plain http to an address', 'is not an https URL'],
  ['ftp://example.com/', 'another protocol', 'is not an https URL'],
  ['file:///etc/passwd', 'a file', 'is not an https URL'],
  ['https://user:password@example.com/', 'a password', 'carries a user name or password'],
  ['https://user@example.com/', 'a user name', 'carries a user name or password'],
  ['https://:password@example.com/', 'a password alone', 'carries a user name or password'],
  ['https://expected.example@127.0.0.1/', 'loopback behind a user name', 'carries a user name or password'],
  ['example.com/hook', 'no protocol', 'is not a URL'],
  ['https://', 'no host', 'is not a URL'],
  ['https://./', 'nothing but a dot', 'names no host'],
  ['https://exa mple.com/', 'a blank in the host', 'is not a URL'],
  ['javascript:alert(1)', 'a script', 'is not an https URL'],
  ['https://example.com:0/', 'port 0', 'names port 0, which no server listens on'],
  ['https://8.8.8.8:00/', 'port 0 in two digits', 'names port 0, which no server listens on'],
  [`https://example.com/${'a'.repeat(2_048)}`, 'too long', 'is longer than 2048 bytes'],
  ['https://lan/', 'the name of a local network', 'names a host of a local network'],
  ['https://db.corp/', 'a name of a local network', 'names a host of a local network'],
  ['https://metadata/', 'a name without its domain', 'names a host without its domain'],
];

/** Spellings of addresses, and the range that each is found in; undefined where it may be called. */
const readAddresses: readonly (readonly [string, string | undefined])[] = [
  ['::ffff:169.254.169.254', 'lies in 169.254.0.0/16, which is never called'],
  ['64:ff9b::8.8.8.8', 'lies in 64:ff9b::/96, which is not public'],
  ['::127.0.0.1', 'lies in ::/96, which is not public'],
  ['2001:db8:1:2:3:4:1.2.3.4', 'lies in 2001:db8::/32, which is not public'],
  ['4000::1', 'is not a global unicast address'],
  ['2606:4700:0:0:0:0:0:1111', undefined],
  ['2606:4700:1:2:3:4:5::', undefined],
  ['2606::4700:1:2:3:4:5', undefined],
  ['2606:1:2:3:4:5:9.9.9.9', undefined],
  ['2606:4700:1:2::3:4:5:6', 'is not an IP address'],
  ['2606::4700::1', 'is not an IP address'],
  ['2606:4700:1:2:3:4:5', 'is not an IP address'],
  ['2606:4700:1:2:3:4:5:6:7', 'is not an IP address'],
  ['::ffff:300.1.1.1', 'is not an IP address'],
  ['::1.2.3', 'is not an IP address'],
  ['1.2.3.4:', 'is not an IP address'],
];

const publicHosts = [
  'example.com',
  'localhost.example.com',
  'local.example.com',
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '[2606:4700::1111]',
  '[2a00:1450:4001::1]',
];
const neighbours = [
  ...['9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1', '169.253.0.1'],
  ...['172.15.0.1', '172.32.0.1', '191.255.0.1', '192.0.1.1', '192.167.0.1', '192.169.0.1', '198.17.0.1', '198.20.0.1'],
  ...['223.255.255.255', '[2001:200::1]', '[2003::1]', '[2400::1]'],
];

describe('the rules of webhook addresses', () => {
  it.each(refusedHosts)('refuse https://%s/, which is %s', (host) => {
    expect(judgeWebhookUrl(`https://${host}/hook`, shut)).toBeTypeOf('string');
    expect(judgeWebhookUrl(`https://${host}:8443/hook?a=b`, shut)).toBeTypeOf('string');
  });

  it.each(refusedForms)('refuse %s for its form and say so: %s', (url, _why, told) => {
    expect(judgeWebhookUrl(url, shut)).toBe(told);
  });

  it.each(readAddresses)('read %s as it is written: %s', (address, told) => {
    expect(judgeAddress(address, shut, false)).toBe(told);
  });

  it('take the host of a URL without brackets and without the dots at its end', () => {
    expect(hostOf(new URL('https://[2606:4700::1111]/'))).toBe('2606:4700::1111');
    expect(hostOf(new URL('https://example.com../'))).toBe('example.com');
    expect(hostOf(new URL('https://a.example.com/'))).toBe('a.example.com');
  });

  it.each([...publicHosts, ...neighbours])('let the public host %s through', (host) => {
    expect(judgeWebhookUrl(`https://${host}/hook`, shut)).toBeUndefined();
  });

  it('hold at least sixty addresses and spellings', () => {
    expect(new Set(refusedHosts.map(([host]) => host)).size).toBeGreaterThanOrEqual(60);
  });

  it('check the addresses of a name with the same table', () => {
    const addresses = refusedHosts.flatMap(([host]) => {
      const url = URL.parse(`https://${host}/`);
      return url && isAddress(hostOf(url)) ? [hostOf(url)] : [];
    });
    expect(addresses.length).toBeGreaterThan(60);
    for (const address of addresses) expect(judgeAddress(address, shut, false), address).toBeTypeOf('string');
    expect(judgeAddress('93.184.216.34', shut, false)).toBeUndefined();
  });

  it('refuse as an address whatever is not plainly one', () => {
    for (const text of [
      '',
      'localhost',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '::1%eth0',
      '1:2',
      ':::1',
      'g::1',
    ]) {
      expect(judgeAddress(text, shut, false), text).toBe('is not an IP address');
    }
  });

  it('open loopback over http where the settings open it, and nothing else', () => {
    for (const host of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080', '[::ffff:127.0.0.1]']) {
      expect(judgeWebhookUrl(`http://${host}/hook`, loopback), host).toBeUndefined();
      expect(judgeWebhookUrl(`https://${host}/hook`, loopback), host).toBeUndefined();
    }
    expect(judgeWebhookUrl('http://example.com/', loopback)).toBe('is not an https URL');
    expect(judgeWebhookUrl('http://10.0.0.1/', loopback)).toBe('lies in 10.0.0.0/8, which is not public');
    expect(judgeAddress('93.184.216.34', loopback, true)).toBe('can only be called by https');
  });

  it("never open link-local or AWS's own services, whatever the settings say", () => {
    const everything: AddressPolicy = { openSubnets: ['0.0.0.0/0', '::/0'], isHttpOpen: true };
    expect(judgeAddress('10.0.0.1', everything, false)).toBeUndefined();
    expect(judgeAddress('169.254.169.254', everything, false)).toBe('lies in 169.254.0.0/16, which is never called');
    expect(judgeAddress('::ffff:169.254.169.254', everything, false)).toBeTypeOf('string');
    expect(judgeAddress('fe80::1', everything, false)).toBeTypeOf('string');
    expect(judgeAddress('fd00:ec2::254', everything, false)).toBe('lies in fd00:ec2::/32, which is never called');
    expect(judgeAddress('fd00:ec3::254', everything, false)).toBeUndefined();
  });

  it('refuse settings that are not subnets, rather than reading them as something else', () => {
    for (const subnet of ['10.0.0.0', '10.0.0.0/33', 'ten/8', '::/129', '10.0.0.0/x8', '10.0.0.0/8x']) {
      expect(() => judgeAddress('8.8.8.8', { openSubnets: [subnet], isHttpOpen: false }, false), subnet).toThrow(
        new RangeError(`not a subnet: ${subnet}`),
      );
    }
  });
});
