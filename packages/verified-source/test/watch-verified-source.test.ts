import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readSourceDirectory, type SourceDefinition } from '../src/index.js';
import { definition, follow, lacking, minisignKeys, pod, revision, sshKeys, useSite } from './bed.js';

const site = useSite();

const FILE = '/site.yaml';
const watch = (source: Partial<SourceDefinition>, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(definition({ url: site.server.url + FILE, ...source }), { directory: join(site.root, 'state'), ...options });
  site.stops.push(watched.stop);
  return watched;
};
const ready = (watched: ReturnType<typeof follow>, digestOrRevision: number) =>
  watched.until(`revision ${digestOrRevision}`, () => watched.last()?.state === 'Ready' && watched.last()?.revision === digestOrRevision);

describe('a source that nobody vouches for', () => {
  it('is asked for what changed, and costs under 1 kB a check while nothing does', async () => {
    site.server.files.set(FILE, pod('web', 'web:1'));
    const watched = watch({ require: 'none' });
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    await watched.until('some checks', () => site.server.requests.length > 3);
    const last = site.server.requests.at(-1);
    expect(last?.headers['if-none-match']).toBeDefined();
    const sent = `${last?.method} ${last?.url} HTTP/1.1\r\n${last?.rawHeaders.join(': ')}`.length;
    expect(sent).toBeLessThan(500);
    site.server.files.set(FILE, pod('web', 'web:2'));
    await watched.until('the change', () => watched.running()['web-n'] === 'web:2');
    expect(watched.last()).toMatchObject({ verifiedBy: 'nothing', digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('runs its last good answer at once when it starts without a network, with the identities that its objects had', async () => {
    const job = (image: string) =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: { name: once }\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{ name: app, image: "${image}" }]\n`;
    site.server.files.set(FILE, `${pod('web', 'web:1')}---\n${job('a')}`);
    const watched = watch({ require: 'none' });
    const uidOf = (one: typeof watched) =>
      one.events.flatMap((event) => (event.type === 'objectApplied' ? [event.object.metadata.uid] : [])).at(-1);
    await watched.until('the Job', () => uidOf(watched) !== undefined);
    const first = uidOf(watched);
    // A Job that can't be changed is another one after it.
    site.server.files.set(FILE, `${pod('web', 'web:1')}---\n${job('b')}`);
    await watched.until('another Job', () => uidOf(watched) !== first);
    const second = uidOf(watched);
    const documents = join(site.root, 'state/documents');
    const kept = async (): Promise<string> => {
      const [name = ''] = await readdir(documents);
      return readFile(join(documents, name), 'utf8');
    };
    await vi.waitFor(async () => expect(await kept()).toContain(second), { timeout: 30_000 });
    watched.stop();
    site.server.files.clear();
    const rebooted = watch({ require: 'none' });
    await rebooted.until('the Job', () => uidOf(rebooted) !== undefined);
    expect(uidOf(rebooted)).toBe(second);
    expect(rebooted.statuses.map(({ state }) => state)).toContain('Pending');
    expect(rebooted.events.map(({ type }) => type)).toContain('synced');
  });

  it('is decrypted in memory alone, whatever stands before its manifests, and again after a restart', async () => {
    const sealed = (text: string): string => `SEALED ${Buffer.from(text).toString('hex')}`;
    const prepare = async (content: Uint8Array): Promise<Uint8Array> => {
      const text = Buffer.from(content).toString();
      if (!text.startsWith('SEALED ')) return content;
      if (text.endsWith('damaged')) throw new Error('it is damaged');
      return Buffer.from(text.slice('SEALED '.length), 'hex');
    };
    site.server.files.set(FILE, sealed(revision(3) + pod('web', 'a-secret-image')));
    const watched = watch({ require: 'none' }, { prepare });
    await ready(watched, 3);
    await watched.until('the Pod', () => watched.running()['web-n'] === 'a-secret-image');
    site.server.files.set(FILE, `${sealed(pod('web', 'x'))}damaged`);
    await watched.until('the refusal', () => watched.last()?.reason === 'NotDecrypted');
    site.server.files.set(
      FILE,
      sealed(`${revision(4)}apiVersion: v1\nkind: Pod\nmetadata: { name: a-secret-name }\nspec: { a-secret-field: 1 }\n`),
    );
    await watched.until('another refusal', () => watched.last()?.reason === 'ManifestInvalid');
    expect(JSON.stringify(watched.statuses)).not.toContain('a-secret');
    watched.stop();
    site.server.files.clear();
    const rebooted = watch({ require: 'none' }, { prepare });
    await rebooted.until('the Pod', () => rebooted.running()['web-n'] === 'a-secret-image');
    for (const entry of await readdir(join(site.root, 'state'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      // A file that is still being written goes by its name of now.
      const text = await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '');
      const decoded = text.replace(/[A-Za-z0-9+/=]{40,}/g, (run) => Buffer.from(run, 'base64').toString());
      expect(`${text}${decoded}`, entry.name).not.toContain('a-secret');
    }
  });

  it('puts its labels on all that it asks for', async () => {
    site.server.files.set(FILE, `${pod('web', 'web:1')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, labels: { a: b } }\n`);
    const watched = watch({ require: 'none', labels: { site: 'a' } });
    await watched.until('both', () => watched.events.some(({ type }) => type === 'synced'));
    const labels = watched.events.flatMap((event) =>
      event.type === 'applied' ? [event.pod.metadata.labels] : event.type === 'objectApplied' ? [event.object.metadata.labels] : [],
    );
    expect(labels).toEqual([{ site: 'a' }, { a: 'b', site: 'a' }]);
  });

  it('changes all or nothing where an object may not be changed so', async () => {
    const deployment = (label: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec:\n  selector: { matchLabels: { app: ${label} } }\n  template:\n    metadata: { labels: { app: ${label} } }\n    spec: { containers: [{ name: a, image: x }] }\n`;
    site.server.files.set(FILE, `${pod('web', 'web:1')}---\n${deployment('a')}`);
    const watched = watch({ require: 'none' });
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:1');
    site.server.files.set(FILE, `${pod('web', 'web:2')}---\n${deployment('b')}`);
    await watched.until('the refusal', () => watched.events.some((event) => event.type === 'rejected' && event.stale));
    expect(watched.running()).toEqual({ 'web-n': 'web:1' });
    site.server.files.set(FILE, `${pod('web', 'web:3')}---\n${deployment('a')}`);
    await watched.until('the change', () => watched.running()['web-n'] === 'web:3');
  });
});

describe.skipIf(lacking !== undefined)(`a source that is signed${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  it('takes the time of signing by minisign for a revision, and a new signature for a renewal', async () => {
    const keys = minisignKeys(site.root);
    const content = pod('web', 'web:1');
    site.server.files.set(FILE, content);
    site.server.files.set(`${FILE}.minisig`, keys.sign(content, 'timestamp:1000\tfile:site.yaml\thashed'));
    const watched = watch({ keys: [keys.publicKey] });
    await ready(watched, 1_000);
    const next = pod('web', 'web:2');
    site.server.files.set(`${FILE}.minisig`, keys.sign(next, 'timestamp:2000\tfile:site.yaml\thashed'));
    site.server.files.set(FILE, next);
    await ready(watched, 2_000);
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:2');
  });

  it('goes back to an older revision where that says so, once', async () => {
    const keys = minisignKeys(site.root);
    const publish = (content: string): void => {
      site.server.files.set(`${FILE}.minisig`, keys.sign(content));
      site.server.files.set(FILE, content);
    };
    const back = revision(4, '  rollbackFrom: 5\n') + pod('web', 'web:4');
    publish(revision(5) + pod('web', 'web:5'));
    const watched = watch({ keys: [keys.publicKey] });
    await ready(watched, 5);
    publish(back);
    await ready(watched, 4);
    publish(revision(6) + pod('web', 'web:6'));
    await ready(watched, 6);
    publish(back);
    await watched.until('the refusal', () => watched.last()?.reason === 'RevisionTooOld');
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:6');
  });

  it('runs from the disk as soon as there is a key to verify it by', async () => {
    const keys = minisignKeys(site.root);
    const content = revision(1) + pod('web', 'web:1');
    site.server.files.set(FILE, content);
    site.server.files.set(`${FILE}.minisig`, keys.sign(content));
    const source = { keyFiles: [join(site.root, 'late.pub')] };
    await writeFile(join(site.root, 'late.pub'), keys.publicKey);
    const watched = watch(source);
    await ready(watched, 1);
    watched.stop();
    site.server.files.clear();
    await rm(join(site.root, 'late.pub'));
    const rebooted = watch(source);
    await rebooted.until('the complaint', () => rebooted.last()?.reason === 'KeyInvalid');
    expect(rebooted.statuses.map(({ reason }) => reason)).toContain('LastGoodUnusable');
    expect(rebooted.running()).toEqual({});
    await writeFile(join(site.root, 'late.pub'), keys.publicKey);
    await rebooted.until('the Pod', () => rebooted.running()['web-n'] === 'web:1');
    await rebooted.until('a check', () => rebooted.last()?.state === 'Stale' && rebooted.last()?.reason === 'NotFound');
  });

  it('is verified by keys of either program, from files that may change', async () => {
    const [minisign, ssh] = [minisignKeys(site.root), sshKeys(site.root)];
    const content = revision(1) + pod('web', 'web:1');
    site.server.files.set(FILE, content);
    site.server.files.set(`${FILE}.sig`, ssh.sign(content));
    const keyFile = join(site.root, 'keys');
    await writeFile(keyFile, `# our keys\n${minisign.publicKey}\n`);
    const watched = watch({ keyFiles: [keyFile] });
    await watched.until('the refusal', () => watched.last()?.reason === 'SignatureMissing');
    await writeFile(keyFile, `${minisign.publicKey}\na@example.org namespaces="solo-kubelet" ${ssh.publicKey}\n`);
    await ready(watched, 1);
    expect(watched.last()?.verifiedBy).toMatch(/^ssh-ed25519 SHA256:/);
    await writeFile(keyFile, await readFile(minisign.secretKey));
    site.server.files.set(FILE, revision(2) + pod('web', 'web:2'));
    await watched.until('the warning', () => watched.last()?.reason === 'KeyInvalid');
    expect(watched.last()?.message).toMatch(/is a secret key/);
  });

  it('starts without a network after its key was replaced, by the signature of the new one', async () => {
    const [old, replacement] = [minisignKeys(site.root, 'old'), minisignKeys(site.root, 'new')];
    const content = revision(1) + pod('web', 'web:1');
    const keyFile = join(site.root, 'keys');
    await writeFile(keyFile, `${old.publicKey}\n`);
    site.server.files.set(FILE, content).set(`${FILE}.minisig`, old.sign(content));
    const watched = watch({ keyFiles: [keyFile] });
    await ready(watched, 1);
    const { verifiedBy } = watched.last() ?? {};
    site.server.files.set(`${FILE}.minisig`, replacement.sign(content));
    await writeFile(keyFile, `${replacement.publicKey}\n`);
    await watched.until('the new key', () => watched.last()?.state === 'Ready' && watched.last()?.verifiedBy !== verifiedBy);
    expect(watched.last()).toMatchObject({ revision: 1 });
    expect(watched.events.filter(({ type }) => type === 'applied')).toHaveLength(1);
    watched.stop();
    site.server.files.clear();
    const again = watch({ keyFiles: [keyFile] });
    await again.until('it to run', () => again.running()['web-n'] === 'web:1');
    expect(again.statuses.map(({ reason }) => reason)).not.toContain('LastGoodUnusable');
  });
});

it('a directory of sources is read file by file, and one that is wrong leaves the others alone', async () => {
  const directory = join(site.root, 'sources.d');
  expect(await readSourceDirectory(directory)).toEqual([]);
  await mkdir(directory);
  const text = (name: string): string =>
    `apiVersion: solo-kubelet.dev/v1alpha1\nkind: ManifestSource\nmetadata: { name: ${name} }\nspec: { url: "http://x", require: none }\n`;
  await writeFile(join(directory, '10-a.yaml'), text('a'));
  await writeFile(join(directory, '20-broken.yaml'), 'kind: [\n');
  await writeFile(join(directory, '30-a.yml'), text('a'));
  await writeFile(join(directory, '.hidden.yaml'), text('b'));
  await writeFile(join(directory, 'README'), 'no source');
  await mkdir(join(directory, '40-directory.yaml'));
  const files = await readSourceDirectory(directory);
  expect(files.map(({ path, source }) => [path.slice(directory.length + 1), source?.name])).toEqual([
    ['10-a.yaml', 'a'],
    ['20-broken.yaml', undefined],
    ['30-a.yml', undefined],
    ['40-directory.yaml', undefined],
  ]);
  expect(files[1]?.problems[0]).toMatch(/20-broken\.yaml:\d+:\d+: /);
  expect(files[2]?.problems[0]).toMatch(/metadata\.name: 10-a\.yaml has the name a already/);
  expect(files[3]?.problems[0]).toMatch(/directory/);
});
