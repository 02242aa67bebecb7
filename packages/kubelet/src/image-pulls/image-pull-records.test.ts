import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { ImagePullSecret, PresentImage } from '@solo-kubelet/reconciler/cri';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VerificationPolicy } from './core/verification-policy.js';
import { imagePullRecords } from './image-pull-records.js';

const IMAGE = 'reg.example/app:1';
const REF = 'sha256:77';
const HERE: PresentImage = { id: REF, names: [IMAGE, 'reg.example/app:2', `reg.example/app@sha256:${'a'.repeat(64)}`] };
const NOW = Date.UTC(2026, 5, 1, 12, 0, 0, 300);
const a: ImagePullSecret = { uid: 'u1', namespace: 'team', name: 'a', credentialHash: 'hash a' };
const b: ImagePullSecret = { uid: 'u2', namespace: 'team', name: 'b', credentialHash: 'hash b' };

let rootDirectory: string;
const at = (...path: string[]) => join(rootDirectory, 'image_manager', ...path);
const named = async (folder: string) => (await readdir(at(folder)).catch(() => [])).map((name) => join(at(folder), name));
beforeEach(async () => {
  rootDirectory = await mkdtemp(join(tmpdir(), 'image-pulls-'));
});
afterEach(() => rm(rootDirectory, { recursive: true, force: true }));

const records = (policy: VerificationPolicy = 'NeverVerifyPreloadedImages', allowlist: readonly string[] = []) => {
  const checks: string[] = [];
  const warnings: string[] = [];
  const made = imagePullRecords({
    rootDirectory,
    policy,
    allowlist,
    wallNow: () => NOW,
    logger: { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) },
    onCheck: (result) => checks.push(result),
  });
  const mayHave = async (...secrets: ImagePullSecret[]) =>
    !(await made.mustPull(IMAGE, HERE, async () => ({ secrets, serviceAccount: undefined })));
  const pullWith = async (...kubernetesSecrets: ImagePullSecret[]) => {
    await made.intend(IMAGE, undefined);
    await made.pulled(IMAGE, REF, kubernetesSecrets.length === 0 ? { nodePodsAccessible: true } : { kubernetesSecrets });
  };
  return { ...made, mayHave, pullWith, checks, warnings };
};

describe('an image on the machine', () => {
  it('that nobody has pulled is every Pod’s, unless all are verified', async () => {
    const free = records();
    expect([await free.mayHave(), free.checks]).toEqual([true, ['credentialPolicyAllowed']]);
    const strict = records('AlwaysVerify');
    expect([await strict.mayHave(), await strict.mayHave(a), strict.checks]).toEqual([
      false,
      false,
      ['mustAuthenticate', 'mustAuthenticate'],
    ]);
    const listed = records('NeverVerifyAllowlistedImages', ['reg.example/app']);
    expect(await listed.mayHave()).toBe(true);
    expect(await records('NeverVerifyAllowlistedImages', ['reg.example/other']).mayHave()).toBe(false);
  });

  it('that was pulled with a Secret is for Pods that bring it, also after a restart', async () => {
    const first = records();
    await first.pullWith(a);
    for (const some of [first, records(), records('AlwaysVerify')])
      expect([await some.mayHave(), await some.mayHave(a), await some.mayHave(b), await some.mayHave(b, a)]).toEqual([
        false,
        true,
        false,
        true,
      ]);
    expect(await records('NeverVerify').mayHave()).toBe(true);
    expect((await stat(at('pulled'))).mode & 0o777).toBe(0o700);
    expect(await Promise.all((await named('pulled')).map(async (path) => (await stat(path)).mode & 0o777))).toEqual([0o600]);
    expect(await named('pulling')).toEqual([]);
  });

  it('that was pulled with the node’s credentials, or none, is every Pod’s', async () => {
    const some = records('AlwaysVerify');
    await some.pullWith(a);
    await some.pullWith();
    await some.pullWith(b);
    expect([await some.mayHave(), some.checks]).toEqual([true, ['credentialRecordFound']]);
  });

  it('is known by the name that containers give it', async () => {
    const some = records();
    await some.pullWith(a);
    const asked = (image: string) => some.mustPull(image, HERE, async () => ({ secrets: [a], serviceAccount: undefined }));
    expect([await asked('reg.example/app:2'), await asked('mirror.example/app:1')]).toEqual([false, true]);
  });

  it('stays a Pod’s whose Secret has new content, which the record then has', async () => {
    const some = records();
    await some.pullWith(a);
    expect(await some.mayHave({ ...a, credentialHash: 'new' })).toBe(true);
    expect(await some.mayHave({ ...b, credentialHash: 'new' })).toBe(true);
    expect(await some.mayHave({ ...b, credentialHash: 'hash a' })).toBe(true); // the same Secret by now
    const [path = ''] = await named('pulled');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      lastUpdatedTime: '2026-06-01T12:00:00Z',
      credentialMapping: { 'reg.example/app': { kubernetesSecrets: [{ name: 'a', credentialHash: 'new' }, { name: 'b' }] } },
    });
  });

  it('asks for no credentials where the record answers alone', async () => {
    const some = records();
    const never = () => Promise.reject(new Error('asked'));
    expect(await some.mustPull(IMAGE, HERE, never)).toBe(false);
    await some.pullWith(a);
    await expect(some.mustPull(IMAGE, HERE, never)).rejects.toThrow('asked');
    expect(some.checks).toEqual(['credentialPolicyAllowed', 'error']);
  });
});

describe('a pull that is under way', () => {
  it('is known of on the disk until the last of its kind has ended', async () => {
    const some = records();
    await some.intend(IMAGE, undefined);
    await some.intend(IMAGE, undefined);
    expect(await some.count()).toEqual({ intents: 1, records: 0 });
    expect([await some.mayHave(a), await records().mayHave(a)]).toEqual([false, false]);
    await some.failed(IMAGE);
    expect(await some.mayHave(a)).toBe(false);
    await some.failed(IMAGE);
    expect([await some.mayHave(), await some.count()]).toEqual([true, { intents: 0, records: 0 }]);
  });

  it('takes no image from a Pod that was there before it', async () => {
    const some = records();
    await some.intend(IMAGE, HERE);
    expect([await some.mayHave(), await records().mayHave()]).toEqual([true, true]);
    expect(await some.mustPull(IMAGE, { ...HERE, id: 'sha256:88' }, async () => ({ secrets: [], serviceAccount: undefined }))).toBe(true);
    await some.failed(IMAGE);
    expect(await some.mayHave()).toBe(true);
  });

  it('of an image that nobody had here leaves it to those who brought credentials, also while it is pulled again', async () => {
    const some = records();
    await some.pullWith(a);
    await some.intend(IMAGE, HERE);
    expect([await some.mayHave(), await some.mayHave(a)]).toEqual([false, true]);
    await some.pulled(IMAGE, REF, { kubernetesSecrets: [a] });
    expect([await some.mayHave(), await some.mayHave(a)]).toEqual([false, true]);
  });

  it('leaves an image that was there before as free as it was, under the names that it had', async () => {
    const some = records();
    await some.intend(IMAGE, HERE);
    await some.pulled(IMAGE, REF, { kubernetesSecrets: [a] });
    expect([await some.mayHave(), await records('AlwaysVerify').mayHave(), await records('AlwaysVerify').mayHave(a)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('takes nothing from names that others have given the image, before or after, and gives nothing to what is no name', async () => {
    const some = records();
    await some.pullWith(a);
    const names = ['docker.io/library/busybox:1', `docker.io/library/busybox@sha256:${'a'.repeat(64)}`, ...HERE.names];
    const mustPull = (image: string) => some.mustPull(image, { id: REF, names }, async () => ({ secrets: [], serviceAccount: undefined }));
    const free = ['busybox:1', 'docker.io/library/busybox:1', `busybox@sha256:${'a'.repeat(64)}`];
    const others = ['busybox:2', 'busybox', 'sha256:77', 'reg.example/app:1', 'reg.example/app:2', 'reg.example/app:3'];
    expect(await Promise.all([...free, ...others].map(mustPull))).toEqual([...free.map(() => false), ...others.map(() => true)]);
    // Also when one of these is pulled in its turn, and its pull fails, or does not.
    await some.intend('busybox:1', { id: REF, names });
    expect(await mustPull('busybox:1')).toBe(false);
    await some.pulled('busybox:1', REF, { kubernetesSecrets: [b] });
    expect([await mustPull('busybox:1'), await mustPull(IMAGE)]).toEqual([false, true]);
  });

  it('of two names at once makes neither free', async () => {
    const some = records();
    const other = 'private.example/app:1';
    const here = { id: REF, names: [IMAGE, other] };
    const bare = (name: string) => some.mustPull(name, here, async () => ({ secrets: [], serviceAccount: undefined }));
    for (const each of [IMAGE, other]) await some.intend(each, undefined);
    await some.pulled(IMAGE, REF, { kubernetesSecrets: [a] });
    expect([await bare(IMAGE), await bare(other)]).toEqual([true, true]);
    await some.pulled(other, REF, { kubernetesSecrets: [a] });
    expect([await bare(IMAGE), await bare(other)]).toEqual([true, true]);
  });
});

describe('what an earlier process left', () => {
  const left = async (image: string, present?: PresentImage) => records().intend(image, present);

  it('of an image that is there, needs credentials; of one that is not, is nothing', async () => {
    await left(IMAGE);
    await left('gone.example/app:1');
    const some = records();
    await some.restore(async (image) => (image === IMAGE ? REF : undefined));
    expect(await some.count()).toEqual({ intents: 0, records: 1 });
    expect([await some.mayHave(a), some.checks]).toEqual([false, ['mustAuthenticate']]);
    await some.pullWith(a);
    expect(await some.mayHave(a)).toBe(true);
  });

  it('of an image that was there before the pull, takes it from nobody', async () => {
    await left(IMAGE, HERE);
    const some = records();
    await some.restore(async () => REF);
    expect([await some.mayHave(), await some.count()]).toEqual([true, { intents: 0, records: 0 }]);
    await left(IMAGE, HERE);
    await some.restore(async () => 'sha256:88');
    expect(await some.count()).toEqual({ intents: 0, records: 1 });
  });

  it('stays where the runtime gives no answer', async () => {
    await left(IMAGE);
    const some = records();
    await some.restore(() => Promise.reject(new Error('no runtime')));
    expect([await some.count(), some.warnings.length, await some.mayHave(a)]).toEqual([{ intents: 1, records: 0 }, 1, false]);
  });

  it('in an older version of the API is written anew', async () => {
    await records().pullWith(a);
    const [path = ''] = await named('pulled');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('v1beta1', 'v1alpha1'));
    const some = records();
    expect(await some.mayHave(a)).toBe(true);
    await some.restore(async () => undefined);
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('a file that is no record', () => {
  it.each([
    ['is cut short', '{"kind":"ImagePulledRec'],
    ['is empty', ''],
    ['is of another kind', '{"kind":"Pod","apiVersion":"v1"}'],
  ])('has the image pulled again when it %s, and is then written over', async (_what, broken) => {
    await records().pullWith(a);
    const [path = ''] = await named('pulled');
    await writeFile(path, broken);
    const some = records();
    await some.restore(async () => undefined);
    expect([await some.mayHave(a), some.checks]).toEqual([false, ['error']]);
    expect(await records('NeverVerify').mayHave()).toBe(true);
    await some.pullWith(a);
    expect(await some.mayHave(a)).toBe(true);
  });

  it('of others is left alone', async () => {
    await records().pullWith(a);
    await mkdir(at('pulled', 'sha256-directory'));
    await writeFile(at('pulled', 'notes.txt'), 'x');
    await writeFile(at('pulled', 'sha256-half.tmp'), 'x');
    await writeFile(at('pulled', 'sha256-foreign'), 'x');
    const some = records();
    await some.restore(async () => undefined);
    await some.prune(new Set(), NOW + 10_000);
    expect((await readdir(at('pulled'))).sort()).toEqual(['notes.txt', 'sha256-directory', 'sha256-foreign', 'sha256-half.tmp']);
  });

  it('in the place of a directory stops pulls, and nothing else', async () => {
    await mkdir(at(), { recursive: true });
    await writeFile(at('pulling'), '');
    await writeFile(at('pulled'), '');
    const some = records();
    await some.restore(async () => undefined);
    await some.prune(new Set(), NOW);
    expect(await some.mayHave()).toBe(true);
    await expect(some.intend(IMAGE, undefined)).rejects.toThrow();
  });

  it('that cannot be written leaves the image known as pulled', async () => {
    const some = records();
    await some.intend(IMAGE, undefined);
    await mkdir(at(), { recursive: true });
    await writeFile(at('pulled'), ''); // root may write anywhere but below a file
    await some.pulled(IMAGE, REF, { kubernetesSecrets: [a] });
    expect([some.warnings.length, (await some.count()).intents]).toEqual([1, 1]);
    await chmod(at('pulled'), 0o600);
    await rm(at('pulled'));
    expect(await some.mayHave(a)).toBe(false);
  });
});

describe('images that are gone', () => {
  it('are forgotten, unless they were pulled since the list was made', async () => {
    const some = records();
    await some.pullWith(a);
    await some.prune(new Set([REF]), NOW + 10_000);
    expect((await some.count()).records).toBe(1);
    await some.prune(new Set(), NOW - 100); // the same second
    expect((await some.count()).records).toBe(1);
    await some.prune(new Set(), NOW + 1_000);
    expect([(await some.count()).records, await some.mayHave()]).toEqual([0, true]);
    await some.intend(IMAGE, HERE);
    await some.failed(IMAGE);
    expect(await named('preloaded')).toHaveLength(1);
    await some.prune(new Set(), NOW);
    expect(await named('preloaded')).toHaveLength(1);
    await some.prune(new Set(), NOW + 1_000);
    expect(await named('preloaded')).toEqual([]);
  });
});
