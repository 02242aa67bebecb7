import { createHash } from 'node:crypto';
import { type ListedKey, parseListing } from '../core/bucket-listing.js';
import { CHECKSUM_LIST, formatChecksumList, isManifest, MAX_FILES, nameProblem, parseChecksumList } from '../core/checksum-list.js';
import { packDirectory } from '../core/directory-answer.js';
import type { BucketClient } from './bucket-client.js';
import { getObject } from './bucket-object.js';
import { failed, requestFailed } from './failures.js';
import type { FetchedContent, FetchFailed } from './place.js';

export interface DirectoryRequest {
  readonly get: BucketClient;
  readonly prefix: string;
  readonly shown: (key: string) => string;
  readonly maxBytes: number;
  readonly etag: string | undefined;
  /** Whether the list of sums says what there is; otherwise the bucket does. */
  readonly byList: boolean;
}

/** All manifests below a prefix, as one answer. */
export const getDirectory = async (request: DirectoryRequest): Promise<FetchedContent> => {
  const { get, prefix, shown, maxBytes, etag, byList } = request;
  if (!byList) return getListed(request);
  const list = await getObject(get, prefix + CHECKSUM_LIST, { shown: shown(prefix + CHECKSUM_LIST), etag, maxBytes });
  if (list.type !== 'content') return list;
  const parsed = parseChecksumList(Buffer.from(list.content).toString());
  if (!parsed.ok) return failed('ListInvalid', `${shown(prefix)}: ${parsed.message}`);
  const names = parsed.files.map(({ name }) => name);
  const got = await getFiles(request, names);
  return got.type === 'failed' ? got : { ...list, content: packDirectory({ list: list.content, contents: got.contents }) };
};

const getFiles = async (
  { get, prefix, shown, maxBytes }: DirectoryRequest,
  names: readonly string[],
): Promise<{ readonly type: 'files'; readonly contents: readonly Uint8Array[] } | FetchFailed> => {
  const contents: Uint8Array[] = [];
  let left = maxBytes;
  for (const name of names) {
    const key = prefix + name;
    const answer = await get({ key, maxBytes: left });
    if (answer.type === 'failed' && answer.why === 'large')
      return failed('TooLarge', `${shown(prefix)}: its files have more than ${maxBytes} bytes, the limit of the source`);
    if (answer.type === 'failed') return requestFailed(shown(key), answer);
    if (answer.status !== 200) return failed(answer.status === 404 ? 'NotFound' : 'HttpError', `${shown(key)}: answered ${answer.said}`);
    left -= answer.body.length;
    contents.push(answer.body);
  }
  return { type: 'files', contents };
};

const MAX_PAGES = 10;
const MAX_PAGE_BYTES = 1 << 20;
const LISTED = 'listed-';

/** What lies below a prefix that nobody vouches for: its list of sums is made of what came. */
const getListed = async (request: DirectoryRequest): Promise<FetchedContent> => {
  const { prefix, shown, etag } = request;
  const listed = await listKeys(request);
  if (listed.type === 'failed') return listed;
  const { keys } = listed;
  // A bucket has no word for the state of all its keys.
  const state = LISTED + createHash('sha256').update(JSON.stringify(keys)).digest('hex');
  if (state === etag) return { type: 'notModified' };
  const names = keys.map(({ key }) => key.slice(prefix.length));
  if (names.length === 0)
    return failed(
      'Empty',
      `${shown(prefix)}: there is no manifest (.yaml, .yml, .json); its Pods keep running (an empty PodList would remove them)`,
    );
  const got = await getFiles(request, names);
  if (got.type === 'failed') return got;
  const { contents } = got;
  const files = contents.map((content, index) => ({ name: names[index] ?? '', hex: createHash('sha256').update(content).digest('hex') }));
  const list = Buffer.from(formatChecksumList(files));
  return { type: 'content', content: packDirectory({ list, contents }), validators: { etag: state } };
};

/** The manifests below a prefix, by their paths. */
const listKeys = async ({
  get,
  prefix,
  shown,
}: DirectoryRequest): Promise<{ readonly type: 'keys'; readonly keys: readonly ListedKey[] } | FetchFailed> => {
  const found = new Map<string, ListedKey>();
  const what = `${shown(prefix)}: its listing`;
  const invalid = (message: string): FetchFailed => failed('ListInvalid', `${what} ${message}`);
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { 'list-type': '2', prefix, 'encoding-type': 'url', ...(next !== undefined && { 'continuation-token': next }) };
    const answer = await get({ key: '', query: Object.entries(query), maxBytes: MAX_PAGE_BYTES });
    if (answer.type === 'failed') return requestFailed(what, answer);
    if (answer.status !== 200) return failed(answer.status === 404 ? 'NotFound' : 'HttpError', `${what}: answered ${answer.said}`);
    const read = parseListing(Buffer.from(answer.body).toString());
    if (read === undefined) return invalid('is no answer to ListObjectsV2');
    for (const one of read.keys) {
      if (!one.key.startsWith(prefix)) return invalid(`has a key that is not below the prefix: ${quoted(one.key)}`);
      const name = one.key.slice(prefix.length);
      if (!isManifest(name)) continue;
      const wrong = nameProblem(name);
      if (wrong !== undefined) return invalid(`has a key whose path ${wrong}: ${quoted(name)}`);
      if (found.has(name)) return invalid(`has ${quoted(name)} twice`);
      found.set(name, one);
      if (found.size > MAX_FILES) return failed('TooLarge', `${what} has more than ${MAX_FILES} manifests: put them into an archive`);
    }
    next = read.next;
    if (next === undefined) return { type: 'keys', keys: [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one) };
  }
  return failed('TooLarge', `${what} has more than ${MAX_PAGES} pages`);
};

const MAX_SHOWN = 200;
const quoted = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN));
