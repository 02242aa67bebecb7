import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type PrepareManifest, watchManifestDirectory, watchManifestUrl } from '../src/index.js';
import { collect } from './collect.js';

/** What becomes true in a moment, on a busy machine too. */
const soon: typeof expect.poll = (look) => expect.poll(look, { timeout: 15_000, interval: 10 });

/** Stands for encryption: a first line, and the rest in base64. */
const MARK = 'SEALED';
const seal = (text: string, by = ''): string => `${MARK}${by}\n${Buffer.from(text).toString('base64')}\n`;
let opens: (by: string) => boolean;
let opened: number;
const prepare: PrepareManifest = async (content) => {
  const [head = '', body = ''] = Buffer.from(content).toString().split('\n');
  if (!head.startsWith(MARK)) return content;
  if (!opens(head.slice(MARK.length))) throw new Error('there is no key');
  opened += 1;
  return Buffer.from(body, 'base64');
};

const secret = (value: string, more = ''): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {k: ${value}}\n${more}`;

let root: string;
let manifests: string;
beforeEach(async () => {
  opens = () => true;
  opened = 0;
  root = await mkdtemp(join(tmpdir(), 'prepared-'));
  manifests = join(root, 'manifests');
  await mkdir(manifests);
});
// The last good versions may still be on their way to disk.
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));

const put = async (name: string, text: string): Promise<void> => {
  await writeFile(join(root, name), text);
  await rename(join(root, name), join(manifests, name));
};
/** What is on disk by now: a draft that has not been renamed yet is not. */
const kept = async (): Promise<string> => {
  const names = (await readdir(join(root, 'kept')).catch(() => [])).filter((name) => name.endsWith('.json'));
  const records = await Promise.all(names.map((name) => readFile(join(root, 'kept', name), 'utf8')));
  return records
    .flatMap((one) => (JSON.parse(one) as { texts: string[] }).texts.map((text) => Buffer.from(text, 'base64').toString()))
    .join('');
};
const watch = () => {
  const source = collect(
    watchManifestDirectory({
      path: manifests,
      nodeName: 'n',
      lastGoodDirectory: join(root, 'kept'),
      fileCheckFrequencyMs: 50,
      settleMs: 100,
      prepare,
    }),
  );
  onTestFinished(() => source.stop());
  return source;
};

describe('manifests that are prepared', () => {
  it('say what they hold, are prepared once, and are kept on disk as they lie in the directory', async () => {
    await put('a.yaml', seal(secret('hunter2')));
    const source = watch();
    await source.until('object a.yaml Secret/key');
    await source.until('synced');
    await put('b.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n');
    await source.until('object b.yaml ConfigMap/b');
    source.stop();
    expect(opened).toBe(1);
    await soon(kept).toContain(seal(secret('hunter2')));
    expect(await kept()).not.toContain('hunter2');
    // As another process: from what is kept, while the file is broken.
    await put('a.yaml', `${MARK}\n`);
    const later = watch();
    await later.until('object a.yaml Secret/key');
    expect(JSON.stringify(later.events)).toContain(Buffer.from('hunter2').toString('base64'));
  });

  it('that can not be prepared leave the last good ones in force, and are used as soon as they can be', async () => {
    await put('a.yaml', seal(secret('one')));
    const source = watch();
    await source.until('object a.yaml Secret/key');
    opens = () => false;
    await put('a.yaml', seal(secret('two')));
    await source.until('rejected');
    expect(source.events.at(-1)).toMatchObject({ stale: true, message: `${join(manifests, 'a.yaml')}: there is no key` });
    const since = source.said.length;
    opens = () => true;
    await source.until('object a.yaml Secret/key', { since });
  });

  it('stay in the store where nothing can be prepared after a restart', async () => {
    await put('a.yaml', seal(secret('one')));
    const source = watch();
    await source.until('object a.yaml Secret/key');
    await source.until('synced');
    source.stop();
    opens = () => false;
    const later = watch();
    await later.until('rejected');
    later.stop();
    await soon(kept).toContain(MARK);
  });

  it('replace what was in clear or sealed for others, though they say the same', async () => {
    await put('a.yaml', secret('hunter2'));
    const source = watch();
    await source.until('object a.yaml Secret/key');
    await soon(kept).toContain('hunter2');
    await put('a.yaml', seal(secret('hunter2'), 'one'));
    await soon(kept).toBe(seal(secret('hunter2'), 'one'));
    await put('a.yaml', seal(secret('hunter2'), 'two'));
    await soon(kept).toBe(seal(secret('hunter2'), 'two'));
    expect(source.said.filter((line) => line.startsWith('object'))).toHaveLength(1);
  });

  it.each([
    ['YAML that is broken', 'a: "hunter2\n'],
    ['a field that is unknown', secret('x', 'hunter2: {}\n')],
    ['a value that is wrong', 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata: {k: "hunter2!"}\n'],
    ['a value that is no text', 'apiVersion: v1\nkind: Secret\nmetadata: {name: key, labels: {a: "hunter2 !"}}\n'],
    ['a kind that is none', 'apiVersion: v1\nkind: hunter2\nmetadata: {name: key}\n'],
    ['no document', 'hunter2\n'],
    [
      'a Pod',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hunter2: 1, containers: [{name: a, image: "hunter2 x", command: hunter2}]}\n',
    ],
  ])('show nothing of what stands in them: %s', async (_what, text) => {
    await put('a.yaml', seal(text));
    const source = watch();
    await source.until('synced');
    const told = source.events.filter(({ type }) => type === 'rejected' || type === 'objectApplied');
    expect(told).not.toEqual([]);
    const issues = told.map((event) => (event.type === 'rejected' ? event : event.type === 'objectApplied' ? event.warnings : []));
    expect(JSON.stringify(issues)).not.toContain('hunter2');
    expect(JSON.stringify(issues)).toMatch(/"line":\d+|encrypted/);
  });

  it('come from a URL as well, and are asked for in full until they can be used', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"1"' }).end(seal(secret('hunter2')));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    opens = () => false;
    const source = collect(
      watchManifestUrl({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        nodeName: 'n',
        httpCheckFrequencyMs: 20,
        cacheDirectory: join(root, 'kept'),
        prepare,
      }),
    );
    onTestFinished(() => source.stop());
    await source.until('rejected');
    opens = () => true;
    await soon(() => source.events.some(({ type }) => type === 'objectApplied')).toBe(true);
    await soon(() => asked.at(-1)).toBe('"1"');
    await soon(kept).toBe(seal(secret('hunter2')));
  });
});
