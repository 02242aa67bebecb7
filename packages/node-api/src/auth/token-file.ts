import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NodeApiError } from '../node-api-error.js';
import { type Identity, isRole, roleGroup } from './identity.js';

/** Answers whose token this is; undefined for nobody's. */
export type TokenLookup = (token: string) => Identity | undefined;

export interface TokenFile {
  readonly lookup: TokenLookup;
  /** Differs when the file does. */
  readonly digest: string;
}

interface TokenEntry {
  readonly digest: Buffer;
  readonly identity: Identity;
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * Reads a token file: one `TOKEN,USER,ROLE` a line, `#` starts a comment. Roles: read, exec, admin.
 * Tokens are kept as digests and compared in constant time, all of them every time, so that timing tells nothing.
 * @throws NodeApiError NODE_API_TOKEN_FILE naming the line (never its token)
 */
export const loadTokenFile = async (path: string): Promise<TokenFile> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NodeApiError({ code: 'NODE_API_TOKEN_FILE', message: `cannot read the token file ${path}`, cause });
  });
  return { lookup: parseTokens(text, path), digest: digestOf(text).toString('base64') };
};

export const parseTokens = (text: string, path: string): TokenLookup => {
  const entries: TokenEntry[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [token = '', user = '', role = '', ...more] = line.split(',').map((part) => part.trim());
    const fail = (why: string): never => {
      throw new NodeApiError({
        code: 'NODE_API_TOKEN_FILE',
        message: `${path}:${index + 1}: ${why}`,
        hint: 'Write one TOKEN,USER,ROLE a line.',
      });
    };
    if (more.length > 0 || user === '') fail('want TOKEN,USER,ROLE');
    if (token.length < 16) fail('the token is shorter than 16 characters');
    if (!isRole(role)) return fail(`unknown role "${role}": want read, exec or admin`);
    entries.push({ digest: digestOf(token), identity: { name: user, groups: [roleGroup(role), 'system:authenticated'] } });
  }
  return (token) => {
    const digest = digestOf(token);
    let found: Identity | undefined;
    for (const entry of entries) {
      if (timingSafeEqual(entry.digest, digest)) found = entry.identity;
    }
    return found;
  };
};
