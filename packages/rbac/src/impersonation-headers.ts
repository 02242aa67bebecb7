import { goQuote } from '@solo-kubelet/pod-spec/schema';

/** Whom a request wants to be, as its headers say. */
export interface WantedUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Header names in lower case, each value on its own, as `headersDistinct` of Node's requests. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

export type ImpersonationHeaders =
  | { readonly type: 'none' }
  | { readonly type: 'wanted'; readonly user: WantedUser }
  | { readonly type: 'badRequest'; readonly message: string };

const EXTRA_PREFIX = 'impersonate-extra-';

/** Reads `Impersonate-User`, `-Group`, `-Uid` and `-Extra-*`. Anything without a user is a bad request, in Go's print of the wanted user. */
export const readImpersonationHeaders = (headers: DistinctHeaders): ImpersonationHeaders => {
  const [username = ''] = headers['impersonate-user'] ?? [];
  const [uid = ''] = headers['impersonate-uid'] ?? [];
  const groups = headers['impersonate-group'] ?? [];
  const extra = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(EXTRA_PREFIX))
      .map(([name, values = []]): [string, readonly string[]] => [unescapeKey(name.slice(EXTRA_PREFIX.length)), values]),
  );
  if (username !== '') return { type: 'wanted', user: { username, uid, groups, extra } };
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return { type: 'none' };
  return { type: 'badRequest', message: `requested ${goUserInfo(uid, groups, extra)} without impersonating a user name` };
};

/** Keys are percent-encoded in headers; one that is not well encoded stands as it is. */
const unescapeKey = (key: string): string => {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
};

const goUserInfo = (uid: string, groups: readonly string[], extra: WantedUser['extra']): string =>
  `&user.DefaultInfo{Name:"", UID:${goQuote(uid)}, Groups:${goTexts(groups)}, Extra:${goExtra(extra)}}`;

const goTexts = (texts: readonly string[]): string => `[]string${texts.length === 0 ? '(nil)' : `{${texts.map(goQuote).join(', ')}}`}`;

const goExtra = (extra: WantedUser['extra']): string => {
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string][]string${entries.length === 0 ? '(nil)' : `{${entries.map(([key, values]) => `${goQuote(key)}:${goTexts(values)}`).join(', ')}}`}`;
};
