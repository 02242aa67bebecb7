import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSourceDirectory, readVerificationKeys } from '@solo-kubelet/verified-source';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

const lacking = ['minisign', 'ssh-keygen'].filter((program) => spawnSync(program, ['-?']).error !== undefined);
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: web }] }\n';

let directory: string;
let root: string;
let server: Server;
let url: string;
const files = new Map<string, string>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'install-from-'));
  root = join(directory, 'root');
  await mkdir(root);
  files.clear();
  server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/site.yaml`;
  if (lacking.length > 0) return;
  execFileSync('minisign', ['-G', '-W', '-s', at('site.key'), '-p', at('site.pub')], { stdio: 'ignore' });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('ssh')]);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

const at = (name: string): string => join(directory, name);
const sources = (): string => join(root, 'etc/kubernetes/sources.d');

const call = async (...argv: string[]) => {
  // A program that may belong to anybody is not what is tested here.
  const io = { ...fakeIo(), programPath: process.execPath };
  const status = await main([...argv, '--root', root], io);
  return { status, out: io.output(), err: io.errors() };
};

const publish = (content = POD): void => {
  const path = at('published');
  execFileSync('sh', ['-c', 'printf %s "$1" > "$2"', 'sh', content, path]);
  execFileSync('minisign', ['-S', '-s', at('site.key'), '-m', path], { stdio: 'ignore' });
  files.set('/site.yaml', content);
  files.set('/site.yaml.minisig', execFileSync('cat', [`${path}.minisig`]).toString());
};

describe.skipIf(lacking.length > 0)(`install --from${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, () => {
  it('writes a source with its key, which a kubelet can use, and uninstall removes it', async () => {
    publish();
    const made = await call('install', '--from', url, '--key', at('site.pub'), '--name', 'shop');
    expect(made).toMatchObject({ status: 0, out: expect.stringMatching(/^source {4}shop: revision \d+, signed by minisign /) });
    const [file] = await readSourceDirectory(sources());
    expect(file?.source).toMatchObject({ name: 'shop', url, keys: [expect.stringMatching(/^RW/)], require: 'signature' });
    expect((await call('install', '--from', url, '--key', at('site.pub'), '--name', 'shop')).out).toContain(
      `unchanged ${sources()}/shop.yaml`,
    );
    expect((await call('uninstall')).out).toContain(`removed   ${sources()}/shop.yaml`);
    expect(await readdir(sources())).toEqual([]);
  });

  it('asks a source whose images are still to be fetched, which is up to the kubelet', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const image = `{ name: web, digest: "${digest}", archive: { url: a.tar, digest: "${digest}", size: 100000 } }`;
    publish(`apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: 7\n  images: [${image}]\n---\n${POD}`);
    expect(await call('install', '--from', url, '--key', at('site.pub'))).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^source {4}site: revision 7, signed by minisign /m),
    });
  });

  it('takes keys of cosign, which are several lines each, among others', async () => {
    const pem = (): string =>
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await writeFile(at('all.pub'), `# ours\n${pem()}${await readFile(at('ssh.pub'), 'utf8')}\r\n${pem().replaceAll('\n', '\r\n')}`);
    expect((await call('install', '--offline', '--from', url, '--key', at('all.pub'))).status).toBe(0);
    const [file] = await readSourceDirectory(sources());
    const keys = await readVerificationKeys({ keys: file?.source?.keys ?? [], keyFiles: [] });
    expect(keys.map(({ type }) => type)).toEqual(['sigstore', 'ssh', 'sigstore']);
  });

  it('keeps certificates beside the source, and both go together', async () => {
    await writeFile(at('ca.pem'), '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n');
    expect(
      (await call('install', '--offline', '--from', 'https://site.invalid/a', '--key', at('ssh.pub'), '--ca-file', at('ca.pem'))).status,
    ).toBe(0);
    expect(await readdir(sources())).toEqual(['site.ca.pem', 'site.yaml']);
    const [file] = await readSourceDirectory(sources());
    expect(file?.source).toMatchObject({ caFile: '/etc/kubernetes/sources.d/site.ca.pem', keys: [expect.stringMatching(/^ssh-ed25519 /)] });
    await call('uninstall');
    expect(await readdir(sources())).toEqual([]);
  });

  it('leaves a source alone that was changed, and says so', async () => {
    await call('install', '--from', 'bundle:', '--key', at('site.pub'));
    const path = join(sources(), 'site.yaml');
    await writeFile(path, `${await readFile(path, 'utf8')}# mine\n`);
    const again = await call('install', '--from', url, '--key', at('site.pub'), '--offline');
    expect(again).toMatchObject({ status: 1, err: expect.stringContaining(`${path} is there already, and not as kubelet-cli wrote it`) });
    expect((await call('uninstall')).out).toContain(`kept      ${path}`);
    expect(await readFile(path, 'utf8')).toContain('# mine');
  });

  it.each<[string, () => Promise<readonly string[]>, number, RegExp]>([
    ['no key', async () => ['--from', url], 2, /--from needs --key FILE/],
    ['a key that is not there', async () => ['--from', url, '--key', at('none.pub')], 1, /cannot read the key file .*none.pub/],
    [
      'a secret key of minisign',
      async () => ['--from', url, '--key', at('site.key')],
      1,
      /is a secret key: give the public one|is no public key/,
    ],
    ['a secret key of ssh', async () => ['--from', url, '--key', at('ssh')], 1, /is a secret key: give the public one/],
    [
      'a key of another kind',
      async () => {
        execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', at('ecdsa')]);
        return ['--from', url, '--key', at('ecdsa.pub')];
      },
      1,
      /is no public key of minisign/,
    ],
    [
      'an empty file of keys',
      async () => {
        await writeFile(at('empty.pub'), '# none\n');
        return ['--from', url, '--key', at('empty.pub')];
      },
      1,
      /there is no public key in/,
    ],
    ['a URL that is none', async () => ['--from', 'ftp://x/y', '--key', at('site.pub')], 2, /spec.url: want/],
    ['a name that is none', async () => ['--from', url, '--key', at('site.pub'), '--name', '../x'], 2, /metadata.name: want/],
    ['options without --from', async () => ['--key', at('site.pub')], 2, /--key belongs to --from URL/],
    [
      'a server that is silent',
      async () => ['--from', 'http://127.0.0.1:9/x', '--key', at('site.pub')],
      1,
      /Unreachable: .*nothing was written/,
    ],
    ['nothing at the URL', async () => ['--from', url, '--key', at('site.pub')], 1, /NotFound: /],
    [
      'an answer by another key',
      async () => {
        publish();
        execFileSync('minisign', ['-G', '-W', '-s', at('other.key'), '-p', at('other.pub')], { stdio: 'ignore' });
        return ['--from', url, '--key', at('other.pub')];
      },
      1,
      /KeyUnknown: .*Publish it signed by that key/s,
    ],
    [
      'authorities with their private key',
      async () => {
        await writeFile(at('ca.pem'), '-----BEGIN PRIVATE KEY-----\n');
        return ['--from', url, '--key', at('site.pub'), '--ca-file', at('ca.pem')];
      },
      2,
      /holds a private key/,
    ],
    ['a label that no rule can hold', async () => ['--bundle-drive', 'a"b'], 1, /can not be the label of drives/],
  ])('with %s is refused before anything is written', async (_what, args, status, message) => {
    const made = await call('install', ...(await args()));
    expect(made.err).toMatch(message);
    expect(made.status).toBe(status);
    expect(await readdir(root)).toEqual([]);
  });
});

it('install --bundle-drive writes a rule and a unit for a drive of that label, which uninstall removes', async () => {
  expect((await call('install', '--bundle-drive', 'SITE-BUNDLE')).status).toBe(0);
  const rules = join(root, 'etc/udev/rules.d/90-solo-kubelet-bundle.rules');
  const unit = join(root, 'etc/systemd/system/solo-kubelet-bundle@.service');
  expect(await readFile(rules, 'utf8')).toContain('ENV{ID_FS_LABEL}=="SITE-BUNDLE"');
  expect(await readFile(unit, 'utf8')).toContain('bundle apply');
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  if (verified.error === undefined) expect(`${verified.stdout}${verified.stderr}`).not.toContain('solo-kubelet-bundle');
  await chmod(unit, 0o644);
  const { out } = await call('uninstall');
  for (const path of [rules, unit]) expect(out).toContain(`removed   ${path}`);
});
