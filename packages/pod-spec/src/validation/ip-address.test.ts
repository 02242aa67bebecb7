import { describe, expect, it } from 'vitest';
import { ipAddressError } from './ip-address.js';

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

describe('ipAddressError', () => {
  it.each(['0.0.0.0', '255.255.255.255', '::', '::1', 'fd00::10', '1:2:3:4:5:6:7:8', '1::8', '::ffff:0:1.2.3.4', '64:ff9b::1.2.3.4'])(
    'finds nothing wrong with %s',
    (text) => expect(ipAddressError(text)).toBeUndefined(),
  );
  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4/8',
    ' 1.2.3.4',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::8',
    'fe80::1%eth0',
    '12345::',
  ])('does not take %j for an address', (text) => expect(ipAddressError(text)).toBe(NO_IP));
  it.each(['010.0.0.1', '1.2.3.04', '::1.2.3.04', '00001::1', '0:0:0:0:000000:ffff:127.1.2.3'])('refuses the leading zero of %s', (text) =>
    expect(ipAddressError(text)).toBe('must not have leading 0s'),
  );
  it.each(['::ffff:1.2.3.4', '::ffff:102:304'])('refuses the mapped IPv4 address %s', (text) =>
    expect(ipAddressError(text)).toBe('must not be an IPv4-mapped IPv6 address'),
  );
});
