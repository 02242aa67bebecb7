import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { of } from 'rxjs';
import { expect, it } from 'vitest';
import { scriptedUpstream } from './scripted-upstream.js';
import { startDns } from './started-dns.js';

const run = promisify(execFile);
const hasDig = await run('dig', ['-v']).then(
  () => true,
  () => false,
);
if (!hasDig) process.stderr.write('dig is not installed (bind9-dnsutils): the test with it is left out\n');

const WEB = 'web.shop.svc.cluster.local';
const DB = 'db.shop.svc.cluster.local';
const MANY = 'many.shop.svc.cluster.local';
const addresses = Array.from({ length: 200 }, (_, n) => ({ type: 'A' as const, address: `10.1.0.${n}` }));
const records = {
  'shop.svc.cluster.local': [],
  [WEB]: [{ type: 'A' as const, address: '10.96.0.7' }],
  [`_http._tcp.${WEB}`]: [{ type: 'SRV' as const, priority: 0, weight: 100, port: 80, target: WEB }],
  '7.0.96.10.in-addr.arpa': [{ type: 'PTR' as const, name: WEB }],
  [`db-0.${DB}`]: [{ type: 'AAAA' as const, address: 'fd00::1' }],
  'out.shop.svc.cluster.local': [{ type: 'CNAME' as const, target: 'example.com' }],
  [MANY]: addresses,
};

it.skipIf(!hasDig)("dig reads what Kubernetes' specification asks for", async () => {
  await using upstream = await scriptedUpstream(({ questions }) => ({
    answers: [{ name: questions?.[0]?.name ?? '', type: 'A', ttl: 60, data: '192.0.2.1' }],
  }));
  using dns = await startDns(records, { upstreams$: of([{ address: '127.0.0.1', port: upstream.port }]), ownRanges: ['10.96.0.0/12'] });
  const dig = async (...args: string[]): Promise<string> =>
    (await run('dig', ['@127.0.0.1', '-p', String(dns.port), '+time=15', '+tries=1', ...args])).stdout;
  const short = async (...args: string[]): Promise<readonly string[]> =>
    (await dig('+short', ...args)).split('\n').filter((line) => line !== '');
  const status = async (...args: string[]): Promise<string | undefined> => /status: (\w+)/.exec(await dig(...args))?.[1];

  expect(await short(WEB)).toEqual(['10.96.0.7']);
  expect(await short('+tcp', WEB)).toEqual(['10.96.0.7']);
  expect(await short('WEB.shop.SVC.cluster.local')).toEqual(['10.96.0.7']);
  expect(await short('SRV', `_http._tcp.${WEB}`)).toEqual([`0 100 80 ${WEB}.`]);
  expect(await short('-x', '10.96.0.7')).toEqual([`${WEB}.`]);
  expect(await short('AAAA', `db-0.${DB}`)).toEqual(['fd00::1']);
  expect(await short('TXT', 'dns-version.cluster.local')).toEqual(['"1.1.0"']);
  expect(await short('out.shop.svc.cluster.local')).toEqual(['example.com.', '192.0.2.1']);
  expect(await short('example.com')).toEqual(['192.0.2.1']);
  expect(await short('SOA', 'cluster.local')).toEqual([
    expect.stringMatching(/^ns\.dns\.cluster\.local\. hostmaster\.cluster\.local\. \d+ 7200 1800 86400 5$/),
  ]);
  expect(await status('AAAA', WEB)).toBe('NOERROR');
  expect(await status(DB)).toBe('NOERROR');
  expect(await status('nobody.shop.svc.cluster.local')).toBe('NXDOMAIN');
  expect(await status('-x', '10.96.0.8')).toBe('NXDOMAIN');
  expect(await status('ANY', WEB)).toBe('REFUSED');
  expect(await status('+edns=3', '+noednsneg', WEB)).toBe('BADVERS');
  // Too many for a datagram: dig comes again by TCP by itself.
  expect(await short(MANY)).toHaveLength(200);
  expect(await dig('+ignore', MANY)).toMatch(/flags: qr aa tc rd ra/);
  const zoneTransfer = await dig('AXFR', 'cluster.local');
  expect(zoneTransfer).toContain('Transfer failed');
  for (const output of [await dig(WEB), await dig('nobody.shop.svc.cluster.local'), await dig('example.com')]) {
    expect(output).not.toMatch(/malformed|mismatch|warning: (?!\.local)|trailing|extra/i);
  }
});
