import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { nodeFiles } from '@solo-kubelet/state-files';
import { faultyFiles } from '@solo-kubelet/state-files/testing';
import { describe, expect, it } from 'vitest';
import type { SourceDefinition, SourceReason } from '../src/index.js';
import { type Answer, definition, follow, lacking, minisignKeys, pod, revision, sshKeys, useSite, webServer } from './bed.js';

const site = useSite();

const FILE = '/site.yaml';
const good = (number: number): string => revision(number) + pod('web', `web:${number}`);

const publish = (content: string | Uint8Array | Answer, signature?: string): void => {
  site.server.files.set(FILE, content);
  if (signature !== undefined) site.server.files.set(`${FILE}.minisig`, signature);
};

const watch = (source: Partial<SourceDefinition>, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const watched = follow(definition({ url: site.server.url + FILE, ...source }), { directory: join(site.root, 'state'), ...options });
  site.stops.push(watched.stop);
  return watched;
};

const ready = (watched: ReturnType<typeof follow>, number: number) =>
  watched.until(`revision ${number}`, () => watched.last()?.state === 'Ready' && watched.last()?.revision === number);

/** A source that runs revision 5, and what it takes to see that something changed nothing. */
const settled = async (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const keys = minisignKeys(site.root);
  publish(good(5), keys.sign(good(5)));
  const watched = watch({ keys: [keys.publicKey], ...source }, options);
  await ready(watched, 5);
  await watched.until('the Pod', () => watched.running()['web-n'] === 'web:5');
  const kept = await readFile(join(site.root, 'state/last-good.json'), 'utf8');
  const told = watched.events.filter(({ type }) => type === 'applied' || type === 'removed').length;
  /** Waits for the refusal, and for two more checks after it. */
  const refused = async (reason: SourceReason, message: RegExp): Promise<void> => {
    await watched.until(`${reason} ${message}`, () => {
      const last = watched.last();
      return last?.reason === reason && last.state === 'Stale' && message.test(last.message ?? '');
    });
    const { failures = 0 } = watched.last() ?? {};
    await watched.until('another check', () => (watched.last()?.failures ?? 0) > failures);
    expect(watched.last()).toMatchObject({ reason, state: 'Stale', revision: 5 });
    const isTold = (event: ManifestEvent): boolean => event.type === 'sourceFailed' && event.message.startsWith(`${reason}: `);
    await watched.until('the event', () => watched.events.some(isTold));
    expect(watched.running()).toEqual({ 'web-n': 'web:5' });
    expect(watched.events.filter(({ type }) => type === 'applied' || type === 'removed')).toHaveLength(told);
    expect(await readFile(join(site.root, 'state/last-good.json'), 'utf8')).toBe(kept);
  };
  return { keys, watched, refused };
};

describe.skipIf(lacking !== undefined)(`an attack on a verified source${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  it('one altered byte changes nothing', async () => {
    const { keys, refused } = await settled();
    publish(good(6).replace('web:6', 'web:7'), keys.sign(good(6)));
    await refused('SignatureInvalid', /do not belong together/);
  });

  it('an altered trusted comment changes nothing: the time in it counts as a revision', async () => {
    const { keys, refused } = await settled();
    publish(good(6), keys.sign(good(6)).replace(/timestamp:\d+/, 'timestamp:9999999999'));
    await refused('SignatureInvalid', /do not belong together/);
  });

  it("another content's signature changes nothing", async () => {
    const { keys, refused } = await settled();
    publish(good(6), keys.sign(good(7)));
    await refused('SignatureInvalid', /do not belong together/);
  });

  it('a missing signature changes nothing', async () => {
    const { refused } = await settled();
    publish(good(6));
    site.server.files.delete(`${FILE}.minisig`);
    await refused('SignatureMissing', /no signature at .*site\.yaml\.minisig/);
  });

  it.each([
    ['', 'SignatureMissing|Empty'],
    ['untrusted comment: x\nAAAA\n', 'SignatureInvalid'],
    ['<html>not found</html>', 'SignatureInvalid'],
  ])('a signature of %j changes nothing', async (signature) => {
    const { refused } = await settled();
    publish(good(6), signature);
    await (signature === '' ? refused('Empty', /its signature: .*empty body/) : refused('SignatureInvalid', /cannot be read/));
  });

  it("a stranger's key changes nothing, even with the number of the trusted one", async () => {
    const { keys, refused } = await settled();
    const stranger = minisignKeys(site.root, 'stranger');
    publish(good(6), stranger.sign(good(6)));
    await refused('KeyUnknown', /it is signed by minisign [0-9A-F]{16}; trusted are minisign/);
    const number = (text: string): Buffer => Buffer.from(text, 'base64').subarray(2, 10);
    const forged = stranger.sign(good(6)).replace(/^(untrusted[^\n]*\n)([^\n]*)/, (_all, comment: string, line: string) => {
      const bytes = Buffer.from(line, 'base64');
      number(keys.publicKey).copy(bytes, 2);
      return comment + bytes.toString('base64');
    });
    publish(good(6), forged);
    await refused('SignatureInvalid', /do not belong together/);
  });

  it('an old revision, replayed with its own signature, changes nothing', async () => {
    const { keys, refused } = await settled();
    publish(good(4), keys.sign(good(4)));
    await refused('RevisionTooOld', /revision 4 is older than 5/);
  });

  it('a revision that was seen with another content changes nothing', async () => {
    const { keys, refused } = await settled();
    const other = revision(5) + pod('web', 'web:other');
    publish(other, keys.sign(other));
    await refused('RevisionReused', /revision 5 was seen with another content/);
  });

  it('an expired answer changes nothing, also where the clock says 1970', async () => {
    const { keys, watched, refused } = await settled({}, { wallNow: () => Date.UTC(2026, 10, 29) });
    const expired = revision(6, '  expires: "2026-11-28T00:00:00Z"\n') + pod('web', 'web:6');
    publish(expired, keys.sign(expired));
    await refused('Expired', /expired at 2026-11-28/);
    watched.stop();
    const rebooted = watch({ keys: [keys.publicKey] }, { wallNow: () => 3_600_000 });
    await rebooted.until('the refusal', () => rebooted.last()?.reason === 'Expired');
    expect(rebooted.running()).toEqual({ 'web-n': 'web:5' });
  });

  it('an answer for another source changes nothing', async () => {
    const { keys, refused } = await settled();
    const other = revision(6, '  source: site-b\n') + pod('web', 'web:6');
    publish(other, keys.sign(other));
    await refused('WrongSource', /meant for the source "site-b"/);
  });

  it('an answer without a revision changes nothing where the signature has no time either', async () => {
    const { keys, refused } = await settled();
    publish(pod('web', 'web:6'), keys.sign(pod('web', 'web:6'), 'no time'));
    await refused('RevisionMissing', /SourceRevision/);
  });

  it('an endless answer changes nothing', async () => {
    const { refused } = await settled({ maxBytes: 100_000 });
    publish((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536, '#');
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    await refused('TooLarge', /more than 100000 bytes/);
  });

  it('an endless signature changes nothing', async () => {
    const { refused } = await settled();
    publish(good(6));
    site.server.files.set(`${FILE}.minisig`, Buffer.alloc(1 << 20, 'A'));
    await refused('TooLarge', /its signature: .*more than 65536 bytes/);
  });

  /** One byte a second of what would be good, for as long as somebody listens; `times`: when each connection was given up, ms after it began. */
  const dripping = (content: string, times: number[]): Answer => {
    const bytes = Buffer.from(content);
    return (_request, response) => {
      const since = performance.now();
      let at = 0;
      const drip = (): void => void response.write(bytes.subarray(at, ++at));
      response.writeHead(200, { 'Content-Length': String(bytes.length) });
      drip();
      const timer = setInterval(drip, 1_000);
      response.on('close', () => {
        clearInterval(timer);
        times.push(performance.now() - since);
      });
    };
  };

  it('a slow answer, a byte a second, is given up in its time, with its reason, and changes nothing', async () => {
    const { keys, watched, refused } = await settled({ timeoutMs: 2_500 });
    const given: number[] = [];
    publish(dripping(good(6), given), keys.sign(good(6)));
    await refused('TooSlow', /site\.yaml: had sent [1-3] bytes of its answer after 2\.5 s, and not all of it$/);
    // Given up for good: nobody reads on, and there is one connection at a time.
    expect(given.length).toBeGreaterThan(0);
    for (const time of given) expect(time).toBeLessThan(3_400);
    publish(good(6));
    await ready(watched, 6);
    await watched.until('the new Pod', () => watched.running()['web-n'] === 'web:6');
  });

  it('a slow signature, a byte a second, changes nothing', async () => {
    const { keys, refused } = await settled({ timeoutMs: 1_500 });
    publish(good(6));
    site.server.files.set(`${FILE}.minisig`, dripping(keys.sign(good(6)), []));
    await refused('TooSlow', /its signature: .*site\.yaml\.minisig: had sent [12] bytes of its answer after 1\.5 s/);
  });

  it('a server that takes its time with the head of its answer, or never says anything, changes nothing', async () => {
    const { refused } = await settled({ timeoutMs: 1_200 });
    publish((request) => {
      // The head of an answer, a byte at a time, without an end.
      const { socket } = request;
      const text = `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000)}`;
      let at = 0;
      const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 200);
      socket.on('close', () => clearInterval(timer)).on('error', () => {});
    });
    await refused('TooSlow', /site\.yaml: did not answer within 1\.2 s/);
  });

  it('a connection that is never answered, and a TLS handshake that never ends, change nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    site.stops.push(() => silent.close());
    const port = (silent.address() as AddressInfo).port;
    for (const scheme of ['http', 'https']) {
      const { watched, keys } = await settled({ timeoutMs: 1_200 });
      watched.stop();
      const away = watch({ url: `${scheme}://127.0.0.1:${port}/site.yaml`, keys: [keys.publicKey], timeoutMs: 1_200 });
      await away.until('the refusal', () => away.last()?.reason === 'TooSlow' || away.last()?.reason === 'Unreachable');
      expect(away.last()).toMatchObject({ state: 'Stale', revision: 5 });
      expect(away.running()).toEqual({ 'web-n': 'web:5' });
      away.stop();
    }
  });

  it('a bomb of compressed nothing changes nothing', async () => {
    const { refused } = await settled({ maxBytes: 1 << 20 });
    const bomb = gzipSync(Buffer.alloc(64 << 20, ' '));
    publish((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb));
    await refused('TooLarge', /more than 1048576 bytes/);
  });

  it('an answer that breaks off changes nothing', async () => {
    const { refused } = await settled();
    publish((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100000' });
      response.write(good(6));
      setTimeout(() => response.destroy(), 20);
    });
    await refused('Unreachable', /./);
  });

  it('an empty answer changes nothing', async () => {
    const { refused } = await settled();
    publish((_request, response) => response.writeHead(200).end());
    await refused('Empty', /empty body/);
  });

  it('nothing but a revision, well signed, changes nothing: an empty List would', async () => {
    const { keys, watched, refused } = await settled();
    publish(revision(6), keys.sign(revision(6)));
    await refused('ManifestInvalid', /there is no Pod in it/);
    const empty = `${revision(7)}apiVersion: v1\nkind: List\nitems: []\n`;
    publish(empty, keys.sign(empty));
    await ready(watched, 7);
    await watched.until('the end of the Pod', () => Object.keys(watched.running()).length === 0);
  });

  it('one document that is wrong holds all of them back, well signed or not', async () => {
    const { keys, refused } = await settled();
    const half = `${revision(6)}${pod('web', 'web:6')}---\napiVersion: v1\nkind: Pod\nmetadata: { name: b }\nspec: { containers: [{ name: app }] }\n`;
    publish(half, keys.sign(half));
    await refused('ManifestInvalid', /sources\/site-a:\d+:\d+: /);
  });

  it('a second revision further down is a document of no kind', async () => {
    const { keys, refused } = await settled();
    const two = `${revision(6)}${pod('web', 'web:6')}---\n${revision(9)}`;
    publish(two, keys.sign(two));
    await refused('ManifestInvalid', /SourceRevision/);
  });

  it('an answer that reaches into another namespace changes nothing', async () => {
    const { keys, refused } = await settled({ namespaces: ['default'], clusterScoped: false });
    const other = revision(6) + pod('web', 'web:6', 'kube-system');
    publish(other, keys.sign(other));
    await refused('NamespaceForbidden', /Pod web-n is in the namespace kube-system; this source may use default/);
    const scoped = `${revision(7)}apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n`;
    publish(scoped, keys.sign(scoped));
    await refused('NamespaceForbidden', /Namespace x is in no namespace/);
  });

  it('a redirect to a file changes nothing', async () => {
    const { refused } = await settled();
    publish((_request, response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end());
    await refused('RedirectRefused', /not an http or https URL/);
  });

  it('a redirect of a request with credentials to another server changes nothing, and tells that server nothing', async () => {
    const headersFile = join(site.root, 'headers');
    await writeFile(headersFile, '# for the bucket\nAuthorization: Bearer s3cret\n');
    const other = await webServer();
    site.stops.push(other.close);
    const { refused, watched } = await settled({ headersFile });
    expect(site.server.requests.at(-1)?.headers.authorization).toBe('Bearer s3cret');
    publish((_request, response) => response.writeHead(307, { Location: `${other.url}${FILE}` }).end());
    await refused('RedirectRefused', /another server than the one that its credentials are for/);
    expect(other.requests).toEqual([]);
    expect(JSON.stringify([watched.events, watched.statuses])).not.toContain('s3cret');
  });

  it('a 304 to somebody who has nothing is no answer', async () => {
    const keys = minisignKeys(site.root);
    publish((_request, response) => response.writeHead(304).end());
    const watched = watch({ keys: [keys.publicKey] });
    await watched.until('the failure', () => watched.last()?.reason === 'HttpError');
    expect(watched.last()).toMatchObject({ state: 'Failed', message: expect.stringContaining('304') });
    expect(watched.events.some(({ type }) => type === 'synced')).toBe(false);
  });

  it('a 304 does not vouch for what ran by a key that is trusted no more', async () => {
    const keyFile = join(site.root, 'minisign.pub');
    const { refused } = await settled({ keys: [], keyFiles: [keyFile] });
    await writeFile(keyFile, minisignKeys(site.root, 'next').publicKey);
    await refused('KeyUnknown', /it is signed by/);
  });

  it('a full disk changes nothing', async () => {
    const disk = { isFull: false };
    const full = faultyFiles({ at: 0, code: 'ENOSPC' });
    const files = new Proxy(nodeFiles, { get: (target, name: keyof typeof nodeFiles) => (disk.isFull ? full[name] : target[name]) });
    const { keys, watched, refused } = await settled({}, { files });
    disk.isFull = true;
    publish(good(6), keys.sign(good(6)));
    await refused('NotKept', /could not be kept on disk/);
    disk.isFull = false;
    await ready(watched, 6);
    await watched.until('the new Pod', () => watched.running()['web-n'] === 'web:6');
  });

  it('a disk that can not be read is no disk without a revision', async () => {
    const { keys, watched } = await settled();
    watched.stop();
    publish(good(4), keys.sign(good(4)));
    const broken = watch({ keys: [keys.publicKey] }, { files: faultyFiles({ at: 0, code: 'EIO' }) });
    await broken.until('two checks', () => (broken.last()?.failures ?? 0) > 2);
    expect(broken.last()).toMatchObject({ state: 'Failed', reason: 'NotKept' });
    expect(broken.events.filter(({ type }) => type === 'applied' || type === 'synced')).toEqual([]);
  });

  it('what was altered on disk is not run, and what runs is left alone', async () => {
    const { keys, watched } = await settled();
    watched.stop();
    const path = join(site.root, 'state/last-good.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as { current: { content: string } };
    record.current.content = Buffer.from(good(5).replace('web:5', 'evil')).toString('base64');
    await writeFile(path, JSON.stringify(record));
    site.server.files.clear();
    const rebooted = watch({ keys: [keys.publicKey] });
    await rebooted.until('the refusal', () => rebooted.statuses.some(({ reason }) => reason === 'LastGoodUnusable'));
    await rebooted.until('a check', () => rebooted.last()?.reason === 'NotFound');
    expect(rebooted.events.filter(({ type }) => type === 'applied' || type === 'synced' || type === 'removed')).toEqual([]);
  });
});

describe.skipIf(lacking !== undefined)(`an attack on signatures of ssh-keygen${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  const settledBySsh = async () => {
    const keys = sshKeys(site.root);
    site.server.files.set(FILE, good(5));
    site.server.files.set(`${FILE}.sig`, keys.sign(good(5)));
    const watched = watch({ keys: [keys.publicKey] });
    await ready(watched, 5);
    await watched.until('the Pod', () => watched.running()['web-n'] === 'web:5');
    const refused = async (reason: SourceReason, message: RegExp): Promise<void> => {
      await watched.until(`${reason} ${message}`, () => {
        const last = watched.last();
        return last?.reason === reason && message.test(last.message ?? '');
      });
      expect(watched.last()).toMatchObject({ state: 'Stale', revision: 5 });
      expect(watched.running()).toEqual({ 'web-n': 'web:5' });
    };
    return { keys, refused };
  };
  const put = (content: string, signature: string): void => {
    site.server.files.set(FILE, content);
    site.server.files.set(`${FILE}.sig`, signature);
  };

  it('altered bytes, foreign keys and kinds, and purposes of other programs change nothing', async () => {
    const { keys, refused } = await settledBySsh();
    put(good(6), keys.sign(good(7)));
    await refused('SignatureInvalid', /do not belong together/);
    put(good(6), sshKeys(site.root, 'other').sign(good(6)));
    await refused('KeyUnknown', /ssh-ed25519 SHA256:/);
    put(good(6), keys.sign(good(6), 'git'));
    await refused('SignatureInvalid', /signed for "git", not for "solo-kubelet"/);
    put(good(6), sshKeys(site.root, 'rsa', 'rsa').sign(good(6)));
    await refused('SignatureInvalid', /another kind than ssh-ed25519/);
    put(good(6), keys.sign(good(6)).replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'));
    await refused('SignatureInvalid', /cannot be read/);
    put(good(4), keys.sign(good(4)));
    await refused('RevisionTooOld', /4 is older than 5/);
  });
});

describe('an attack on what is not signed', () => {
  it('a pinned hash admits nothing else', async () => {
    const hex =
      execFileSync('sha512sum', { input: good(1) })
        .toString()
        .split(' ')[0] ?? '';
    publish(good(1));
    const watched = watch({ require: 'hash', hash: { algorithm: 'sha512', hex } });
    await ready(watched, 1);
    publish(good(2));
    await watched.until('the refusal', () => watched.last()?.reason === 'HashMismatch');
    expect(watched.last()).toMatchObject({ state: 'Stale', revision: 1, verifiedBy: 'sha512' });
    expect(watched.running()).toEqual({ 'web-n': 'web:1' });
  });

  it('an authority that nobody knows is not trusted, and a client shows its certificate', async () => {
    const directory = join(site.root, 'tls');
    mkdirSync(directory);
    const certificate = (name: string): { key: string; cert: string } => {
      const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names], {
        stdio: 'ignore',
      });
      return { key, cert };
    };
    const [own, client] = [certificate('server'), certificate('client')];
    const read = (path: string): Promise<string> => readFile(path, 'utf8');
    const secure = await webServer({ key: await read(own.key), cert: await read(own.cert), ca: await read(client.cert) });
    site.stops.push(secure.close);
    secure.files.set(FILE, good(1));
    const url = secure.url + FILE;
    const doubting = watch({ url, require: 'none' }, { directory: join(site.root, 'doubting') });
    await doubting.until('the doubt', () => doubting.last()?.reason === 'CertificateUntrusted');
    const unknown = watch({ url, require: 'none', caFile: own.cert }, { directory: join(site.root, 'unknown') });
    await unknown.until('the refusal', () => unknown.last()?.state === 'Failed');
    const known = watch(
      { url, require: 'none', caFile: own.cert, certFile: client.cert, keyFile: client.key },
      { directory: join(site.root, 'known') },
    );
    await ready(known, 1);
    expect(known.last()?.verifiedBy).toBe('nothing');
  });
});
