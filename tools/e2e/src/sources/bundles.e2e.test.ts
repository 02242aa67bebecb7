import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SourceObject } from '@solo-kubelet/node-api';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { podManifest, SLEEP } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

const exec = promisify(execFile);
const lacking = ['minisign', 'ssh-keygen'].filter((program) => spawnSync(program, ['-v']).error !== undefined);
const WEB = 'registry.invalid/fleet/web:1';
const JOB = 'registry.invalid/fleet/nightly:1';

describe.skipIf(lacking.length > 0)(`bundles${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, () => {
  let directory: string;
  let node: TestNode;
  const at = (...names: readonly string[]): string => join(directory, ...names);

  const cli = (...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> => {
    const options = [
      '--socket',
      join(node.bed.directory, 'kubelet.sock'),
      ...(args[0] === 'bundle' ? ['--source-dir', at('sources.d'), '--root-dir', node.bed.rootDirectory] : []),
    ];
    return exec(process.execPath, [kubeletBinary, ...args, ...options], { timeout: 120_000 }).then(
      (output) => ({ code: 0, ...output }),
      (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error,
    );
  };
  const source = async (): Promise<SourceObject | undefined> =>
    (await node.api.listSources({ signal: AbortSignal.timeout(15_000) })).find(({ name }) => name === 'site');
  const hasImage = async (name: string): Promise<boolean> =>
    (await node.bed.cri.images.listImages({})).images.some(({ repoTags }) => repoTags.includes(name));
  const forget = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await node.bed.containerd.ctr(['images', 'rm', '--sync', name]);
    await waitFor(async () => !(await Promise.all(names.map(hasImage))).includes(true) || undefined, { what: 'the images to be gone' });
  };
  const manifests = async (text: string): Promise<string> => {
    await rm(at('manifests'), { recursive: true, force: true });
    await mkdir(at('manifests'));
    const container = { name: 'app', image: WEB, command: ['sh', '-c', `echo ${text}; ${SLEEP}`] };
    await writeFile(at('manifests/web.yaml'), stringify(podManifest('web', { containers: [container] })));
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: JOB, command: ['true'] }] } };
    // Nothing runs of it until next year: only the bundle keeps its image.
    const nightly = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template } } },
    };
    await writeFile(at('manifests/nightly.yaml'), stringify(nightly));
    return at('manifests');
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bundles-'));
    await mkdir(at('sources.d'));
    await mkdir(at('stick'));
    execFileSync('minisign', ['-G', '-W', '-s', at('site.key'), '-p', at('site.pub')], { stdio: 'ignore' });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('evil')], { stdio: 'ignore' });
    const spec = { url: 'bundle:', verification: { keyFiles: [at('site.pub')] } };
    await writeFile(
      at('sources.d/site.yaml'),
      stringify({ apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'ManifestSource', metadata: { name: 'site' }, spec }),
    );
    node = await startNode({ flags: ['--source-dir', at('sources.d')] });
    for (const name of [WEB, JOB]) await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, name]);
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
    expect(await node?.bed.leaks()).toEqual([]);
  });

  it('carries manifests and images of one node to another, which has no registry, and keeps the images for as long as they are needed', async () => {
    const made = await cli(
      'bundle',
      'create',
      await manifests('one'),
      '-o',
      at('stick/site.tar'),
      '--revision',
      '1',
      '--key',
      at('site.key'),
    );
    expect(made).toMatchObject({ code: 0, stdout: `${JOB}\n${WEB}\n` });
    expect((await cli('bundle', 'verify', at('stick/site.tar'), '--key', at('site.pub'))).stdout).toContain('revision 1');
    await forget(WEB, JOB);

    const applied = await cli('bundle', 'apply', at('stick'));
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied).toMatchObject({ stdout: expect.stringMatching(/^source\/site runs it: revision 1, signed by minisign /) });
    expect(applied.stderr).toContain(`imported ${WEB}`);
    await node.pod('web', isRunning);
    expect(await source()).toMatchObject({ state: 'Ready', images: [JOB, WEB] });
    expect((await cli('images', 'prune')).stdout).not.toContain('fleet');
    expect([await hasImage(JOB), await hasImage(WEB)]).toEqual([true, true]);

    // Nothing is imported that is there, and the same bundle changes nothing.
    const again = await cli('bundle', 'apply', at('stick'));
    expect(again.code).toBe(0);
    expect(again.stderr).not.toContain('imported');
  });

  it('is refused where it is not what was signed, and what runs, runs on', async () => {
    const before = (await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID;
    await cp(at('stick/site.tar'), at('changed.tar'));
    const bytes = await readFile(at('changed.tar'));
    bytes[bytes.length - 3_000]! ^= 1;
    await writeFile(at('changed.tar'), bytes);
    await forget(JOB);
    expect(await cli('bundle', 'apply', at('changed.tar'))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is something else'),
    });
    expect(await hasImage(JOB)).toBe(false);

    await cp(at('stick/site.tar'), at('changed.tar'));
    expect((await cli('bundle', 'sign', at('changed.tar'), '--key', at('evil'))).code).toBe(0);
    expect(await cli('bundle', 'apply', at('changed.tar'))).toMatchObject({ code: 3, stderr: expect.stringContaining('KeyUnknown') });
    expect((await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID).toBe(before);
  });

  it('waits for a kubelet that does not run, which takes it at its start', async () => {
    // The image of the Pod that runs is in the runtime; that of the CronJob is not, since the test before.
    await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, JOB]);
    const made = await cli(
      'bundle',
      'create',
      await manifests('two'),
      '-o',
      at('stick/site.tar'),
      '--revision',
      '2',
      '--key',
      at('site.key'),
    );
    expect(made.code, made.stderr).toBe(0);
    await node.restartKubelet('SIGKILL', async () => {
      const runtime = ['--runtime-endpoint', node.bed.endpoint];
      expect(await cli('bundle', 'apply', at('stick'), ...runtime)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('when the kubelet starts'),
      });
      await stat(join(node.bed.rootDirectory, 'manifests/sources/site/offered.json'));
    });
    await waitFor(async () => (await source())?.revision === 2 || undefined, { what: 'revision 2', timeoutMs: 60_000 });
    await waitFor(async () => (await node.log('web')).includes('two') || undefined, { what: 'the new Pod', timeoutMs: 60_000 });
  });
});
