import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenClaims } from '../access/token-claims.js';

const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');

/** Makes and checks tokens of service accounts with a key that lives as long as the server. */
export const createTokenKeys = () => {
  const key = randomBytes(32);
  const signatureOf = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    sign: (claims: object): string => {
      const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${text}.${signatureOf(text).toString('base64url')}`;
    },
    verify: (token: string): TokenClaims | undefined => {
      const [header = '', claims = '', signature = ''] = token.split('.');
      if (header !== HEADER) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const wanted = signatureOf(`${header}.${claims}`);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as TokenClaims;
    },
  };
};
