import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSourceDirectory } from '@solo-kubelet/verified-source';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketServer, S3_ACCOUNT } from '../../verified-source/test/real-places.js';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

const lacking = spawnSync('minisign', ['-v']).error === undefined ? undefined : 'minisign';
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: web }] }\n';
const CREDENTIALS = `# of the laptop
[default]
aws_access_key_id = SOMEBODY
aws_secret_access_key = elses
[profile fleet]
aws_access_key_id = ${S3_ACCOUNT.accessKeyId}
aws_secret_access_key = ${S3_ACCOUNT.secretAccessKey}
`;

let directory: string;
let root: string;
let s3: Awaited<ReturnType<typeof bucketServer>>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'install-from-bucket-'));
  root = join(directory, 'root');
  s3 = await bucketServer(at('s3'), 'fleet');
  await writeFile(at('credentials'), CREDENTIALS);
});
afterEach(async () => {
  await s3.close();
  await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const at = (name: string): string => join(directory, name);
const sources = (): string => join(root, 'etc/kubernetes/sources.d');

const call = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  // A program that may belong to anybody is not what is tested here.
  const io = { ...fakeIo(), programPath: process.execPath, env };
  const status = await main([...argv, '--root', root], io);
  return { status, out: io.output(), err: io.errors() };
};
const install = (more: readonly string[], env?: Readonly<Record<string, string>>) =>
  call(['install', '--from', 's3://fleet/site.yaml', '--key', at('site.pub'), ...more], env);

const publish = async (): Promise<void> => {
  await writeFile(at('site.yaml'), POD);
  execFileSync('minisign', ['-G', '-W', '-s', at('site.key'), '-p', at('site.pub')], { stdio: 'ignore' });
  execFileSync('minisign', ['-S', '-s', at('site.key'), '-m', at('site.yaml')], { stdio: 'ignore' });
  for (const name of ['site.yaml', 'site.yaml.minisig']) await s3.put(name, await readFile(at(name)));
};

describe.skipIf(lacking !== undefined)(`install --from a bucket${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  beforeEach(publish);

  it('asks it with the credentials of a profile, and keeps these alone, for root; uninstall removes them', async () => {
    const made = await install(['--s3-endpoint', s3.endpoint, '--s3-credentials', at('credentials'), '--s3-profile', 'fleet']);
    expect(made).toMatchObject({ status: 0, out: expect.stringMatching(/^source {4}site: revision \d+, signed by minisign /), err: '' });
    expect(s3.requests.every(({ status, authorization }) => status === 200 && authorization?.includes('Credential=S3RVER/'))).toBe(true);

    const [file] = await readSourceDirectory(sources());
    const credentialsFile = '/etc/kubernetes/sources.d/site.aws-credentials';
    expect(file?.source?.s3).toEqual({ endpoint: s3.endpoint, credentialsFile });
    const kept = join(root, credentialsFile);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect((await readFile(kept, 'utf8')).split('\n').slice(1)).toEqual([
      '[default]',
      'aws_access_key_id = S3RVER',
      'aws_secret_access_key = S3RVER',
      '',
    ]);
    expect(made.out).toContain(`made      ${kept}\n`);

    expect((await call(['uninstall'])).out).toContain(`removed   ${kept}\n`);
    expect(await readdir(sources())).toEqual([]);
  });

  it('takes those of the environment, which the service does not have, along', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_SESSION_TOKEN: 'of today' };
    const options = ['--offline', '--s3-endpoint', 'https://s3.example.org', '--s3-region', 'garage', '--s3-path-style', 'false'];
    expect((await install(options, { ...env, AWS_SESSION_TOKEN: 'a\nb' })).err).toMatch(/characters that none has/);
    const made = await install(options, { ...env, AWS_SESSION_TOKEN: 'today' });
    expect(made).toMatchObject({ status: 0, err: expect.stringMatching(/^Warning: the credentials have a session token, so they expire/) });
    const [file] = await readSourceDirectory(sources());
    expect(file?.source?.s3).toMatchObject({ region: 'garage', pathStyle: false });
    expect(await readFile(join(sources(), 'site.aws-credentials'), 'utf8')).toMatch(/^aws_session_token = today$/m);
  });

  it('asks a public bucket without credentials, whatever the environment has', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'SOMEBODY', AWS_SECRET_ACCESS_KEY: 'elses' };
    const { length: published } = s3.requests;
    expect((await install(['--s3-endpoint', s3.endpoint, '--s3-anonymous'], env)).status).toBe(0);
    expect(s3.requests.slice(published).map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/fleet/site.yaml', undefined],
      ['/fleet/site.yaml.minisig', undefined],
    ]);
    const [file] = await readSourceDirectory(sources());
    expect(file?.source?.s3).toEqual({ endpoint: s3.endpoint, anonymous: true });
    expect(await readdir(sources())).toEqual(['site.yaml']);
  });

  it.each<[string, () => readonly string[], number, RegExp]>([
    ['no credentials', () => [], 2, /a bucket needs --s3-credentials FILE, or AWS_ACCESS_KEY_ID/],
    ['credentials that are not there', () => ['--s3-credentials', at('none')], 1, /cannot read .*none: /],
    ['a profile that is not there', () => ['--s3-credentials', at('credentials'), '--s3-profile', 'x'], 1, /it has no profile "x"/],
    ['a profile without a file', () => ['--s3-profile', 'x'], 2, /--s3-profile is one of --s3-credentials FILE/],
    ['credentials for none', () => ['--s3-anonymous', '--s3-credentials', at('credentials')], 2, /--s3-anonymous is for a bucket/],
    ['an endpoint that is none', () => ['--s3-anonymous', '--s3-endpoint', 'ftp://x'], 2, /spec\.s3\.endpoint: want an http or https URL/],
    ['a region that is none', () => ['--s3-anonymous', '--s3-region', 'a b'], 2, /spec\.s3\.region: want a region/],
    ['a style that is none', () => ['--s3-anonymous', '--s3-path-style', 'maybe'], 2, /spec\.s3\.pathStyle: want true or false/],
    [
      'credentials that the bucket refuses',
      () => ['--s3-endpoint', s3.endpoint, '--s3-credentials', at('credentials')],
      1,
      /HttpError: .*403 Forbidden.*nothing was written/s,
    ],
  ])('with %s is refused before anything is written', async (_what, args, status, message) => {
    const made = await install(args());
    expect(made.err).toMatch(message);
    expect(made.err).not.toContain('elses');
    expect(made.status).toBe(status);
    expect(await readdir(root).catch(() => [])).toEqual([]);
  });

  it('objects to options of a bucket at another URL', async () => {
    const made = await call(['install', '--from', 'https://x/a', '--key', at('site.pub'), '--s3-region', 'x']);
    expect([made.status, made.err]).toEqual([2, expect.stringMatching(/--s3-region belongs to --from s3:\/\/BUCKET\/KEY/)]);
    expect((await call(['install', '--s3-anonymous'])).err).toMatch(/--s3-anonymous belongs to --from URL/);
  });
});
