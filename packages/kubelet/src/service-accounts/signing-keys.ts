import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign, verify } from 'node:crypto';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '@solo-kubelet/diagnostics';
import { readState, writeDurably } from '@solo-kubelet/state-files';

/** Keys that tokens are signed with, and those that earlier ones were. */
export interface SigningKeys {
  /** A compact JWS by ES256 of the newest key. */
  sign(claims: Readonly<Record<string, unknown>>): string;
  /** The claims of a JWS that one of the keys signed; undefined for any other text. Nobody has looked at their times and names. */
  verify(token: string): Readonly<Record<string, unknown>> | undefined;
  /** The JWK set by which anybody can verify the tokens; RFC 7517. */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Signs by a new key from now on; gives back its `kid`. Earlier tokens can still be verified. */
  rotate(): Promise<string>;
}

/** Public keys of earlier signing keys that are kept. */
const MAX_EARLIER = 8;
const PRIVATE = /^(\d{6})\.pem$/;
const PUBLIC = /^(\d{6})\.pub\.pem$/;

interface NumberedKey {
  readonly number: number;
  readonly key: KeyObject;
}

/** The keys in a directory, of which the first is made where there is none. The private key is for root alone; there is never more than one for long. */
export const openSigningKeys = async (directory: string, logger: Logger): Promise<SigningKeys> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const pathOf = (number: number, kind: 'pem' | 'pub.pem'): string => join(directory, `${String(number).padStart(6, '0')}.${kind}`);
  const names = await readdir(directory);
  const numbersOf = (pattern: RegExp): readonly number[] =>
    names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  const readAll = async (numbers: readonly number[], kind: 'pem' | 'pub.pem'): Promise<readonly NumberedKey[]> => {
    const decode = (text: string): KeyObject => decodeKey(text, kind);
    const keys = await Promise.all(
      numbers.map(async (number) => ({ number, key: await readState(pathOf(number, kind), { decode, logger, requireReadable: true }) })),
    );
    return keys.flatMap(({ number, key }) => (key === undefined ? [] : [{ number, key }]));
  };
  let last = Math.max(0, ...numbersOf(PRIVATE), ...numbersOf(PUBLIC));
  const make = async (): Promise<NumberedKey> => {
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    last += 1;
    await writeDurably(pathOf(last, 'pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    return { number: last, key: privateKey };
  };
  /** What has signed is kept as a public key alone. */
  const retire = async ({ number, key }: NumberedKey): Promise<NumberedKey> => {
    const publicKey = createPublicKey(key);
    await writeDurably(pathOf(number, 'pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o600 });
    await unlink(pathOf(number, 'pem'));
    return { number, key: publicKey };
  };

  const [found, ...surplus] = await readAll(numbersOf(PRIVATE), 'pem');
  let current = found ?? (await make());
  let earlier: readonly NumberedKey[] = [...(await readAll(numbersOf(PUBLIC), 'pub.pem'))];
  for (const key of surplus) earlier = [await retire(key), ...earlier.filter(({ number }) => number !== key.number)];

  const publicKeys = (): ReadonlyMap<string, KeyObject> =>
    new Map(
      [current, ...earlier].map(({ key }) => {
        const publicKey = key.type === 'private' ? createPublicKey(key) : key;
        return [keyId(publicKey), publicKey] as const;
      }),
    );
  let verifiers = publicKeys();
  return {
    sign: (claims) => {
      const { key } = current;
      const header = { alg: 'ES256', kid: keyId(createPublicKey(key)), typ: 'JWT' };
      const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
    verify: (token) => {
      const [head = '', body = '', signature = '', ...more] = token.length > MAX_TOKEN_CHARACTERS ? [] : token.split('.');
      const kid = partOf(head)?.['kid'];
      if (more.length > 0 || typeof kid !== 'string') return undefined;
      const key = verifiers.get(kid);
      if (key === undefined || partOf(head)?.['alg'] !== 'ES256') return undefined;
      const given = Buffer.from(signature, 'base64url');
      return verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, given) ? partOf(body) : undefined;
    },
    jwks: () => ({ keys: [{ number: current.number, key: createPublicKey(current.key) }, ...earlier].map(({ key }) => jwkOf(key)) }),
    rotate: async () => {
      const before = current;
      current = await make();
      earlier = [await retire(before), ...earlier];
      for (const { number } of earlier.slice(MAX_EARLIER)) await unlink(pathOf(number, 'pub.pem'));
      earlier = earlier.slice(0, MAX_EARLIER);
      verifiers = publicKeys();
      return keyId(createPublicKey(current.key));
    },
  };
};

/** Our own have a few hundred. */
const MAX_TOKEN_CHARACTERS = 16_384;

/** An object that a part of a token holds. */
const partOf = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
};

/** @throws Error without a code of the system's or of OpenSSL's: what was read makes no sense */
const decodeKey = (text: string, kind: 'pem' | 'pub.pem'): KeyObject => {
  let key: KeyObject;
  try {
    key = kind === 'pem' ? createPrivateKey(text) : createPublicKey(text);
  } catch (cause) {
    throw new Error('it is no key', { cause });
  }

  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  throw new Error('it is no key of the curve P-256');
};

/** As pkg/serviceaccount/jwt.go keyIDFromPublicKey. */
const keyId = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

const jwkOf = (key: KeyObject): Readonly<Record<string, unknown>> => {
  const { crv, x, y } = key.export({ format: 'jwk' });
  return { use: 'sig', kty: 'EC', kid: keyId(key), crv, alg: 'ES256', x, y };
};
