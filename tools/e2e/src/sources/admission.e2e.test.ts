import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type ApiNode, type Kubectl, kubectlPrograms, openKubectl, startApiNode } from '../api/kubectl.js';
import { podManifest, SLEEP } from '../kubelet/manifests.js';
import { isRunning } from '../kubelet/node.js';

const [, registry = '', image = ''] = /^(.*)\/([^/]+)$/.exec(imageNames.busybox) ?? [];
const sleeps = (name: string, more: object = {}): object =>
  podManifest(name, { containers: [{ name: 'app', image, command: ['sh', '-c', SLEEP] }], ...more });

// A file without a single test is a failure: the one of nobody is there to be skipped.
const tried = kubectlPrograms.length > 0 ? kubectlPrograms : ['no kubectl'];
describe.each(tried)('an admission policy, and %s', { skip: kubectlPrograms.length === 0 }, (program) => {
  let directory: string;
  let policyFile: string;
  let api: ApiNode;
  let kubectl: Kubectl;
  const writePolicy = async (...more: readonly object[]): Promise<void> => {
    const rules = [
      { name: 'mirror', rewriteImages: [{ from: 'docker.io/library', to: registry }] },
      { name: 'secure', podSecurity: { level: 'baseline' } },
      ...more,
    ];
    const policy = { apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'AdmissionPolicy', metadata: { name: 'site' }, spec: { rules } };
    await writeFile(`${policyFile}.new`, stringify(policy));
    await rename(`${policyFile}.new`, policyFile);
  };
  const apply = async (object: object, ...more: readonly string[]) => {
    const path = join(directory, 'given.yaml');
    await writeFile(path, stringify(object));
    return kubectl.run('apply', '-f', path, ...more);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'admission-'));
    policyFile = join(directory, 'policy.yaml');
    await writePolicy();
    api = await startApiNode(['--admission-policy-file', policyFile]);
    kubectl = await openKubectl(program, api.kubeconfig, api.node.bed.directory);
  });
  afterAll(async () => {
    await api?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
    expect(await api?.node.bed.leaks()).toEqual([]);
  });

  it('has Pods of files and of kubectl run from the site’s registry, and denies what it does not allow before it is written', async () => {
    const { node } = api;
    await node.drop('web.yaml', sleeps('web'));
    expect((await node.pod('web', isRunning)).spec.containers[0]?.image).toBe(imageNames.busybox);
    expect(await apply(sleeps('made'))).toMatchObject({ status: 0 });
    await expect
      .poll(async () => (await kubectl.run('get', 'pod', 'made', '-o', 'jsonpath={.status.phase} {.spec.containers[0].image}')).stdout, {
        timeout: 60_000,
      })
      .toBe(`Running ${imageNames.busybox}`);
    // Once more as it was: nothing is changed for it.
    expect(await apply(sleeps('made'))).toMatchObject({ status: 0 });

    const denied = `is forbidden: admission policy ${policyFile}, rule "secure", denied the request: spec: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`;
    const pod = await apply(sleeps('host', { hostNetwork: true }));
    expect(pod.status).toBe(1);
    expect(pod.stderr).toContain('Error from server (Forbidden)');
    expect(pod.stderr).toContain(`pods "host" ${denied}`);
    const template = { metadata: { labels: { a: 'b' } }, spec: { hostNetwork: true, containers: [{ name: 'app', image }] } };
    const workload = await apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'host' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    expect(workload.stderr).toContain(`deployments.apps "host" ${denied}`);
    // Asked in advance: the same refusal, and the same Pod as it would come to run; nothing is written.
    const before = await readdir(node.bed.manifestDirectory);
    const dry = await apply(sleeps('dry', { hostNetwork: true }), '--dry-run=server');
    expect([dry.status, dry.stderr]).toEqual([1, expect.stringContaining(`pods "dry" ${denied}`)]);
    const shown = await apply(sleeps('dry'), '--dry-run=server', '-o', 'jsonpath={.spec.containers[0].image}');
    expect([shown.status, shown.stdout]).toEqual([0, imageNames.busybox]);
    expect((await kubectl.run('get', 'pod', 'dry')).stderr).toContain('not found');
    expect(await readdir(node.bed.manifestDirectory)).toEqual(before);
    const debug = await kubectl.run('debug', 'made', '--image', image, '--profile', 'sysadmin', '--', 'true');
    expect(debug.stderr).toContain('rule "secure", denied the request');
    await node.drop('bad.yaml', sleeps('bad', { hostPID: true }));
    expect((await node.event('bad', 'FailedCreate')).message).toContain(`pods "bad-node1" is forbidden: admission policy ${policyFile}`);
  });

  it('that is edited replaces what comes out differently, and restarts nothing else', async () => {
    const { node } = api;
    const [web, made] = await Promise.all(
      ['web-node1', 'made'].map(
        async (name) => (await node.pods()).find(({ metadata }) => metadata.name === name)?.status?.containerStatuses?.[0]?.containerID,
      ),
    );
    await writePolicy({ name: 'site', except: [{ name: 'made' }], add: { labels: { site: 'berlin' } } });
    const after = await node.pod('web', (pod) => isRunning(pod) && pod.metadata.labels?.['site'] === 'berlin');
    expect(after.status?.containerStatuses?.[0]?.containerID).not.toBe(web);
    const other = (await node.pods()).find(({ metadata }) => metadata.name === 'made');
    expect(other?.status?.containerStatuses?.[0]).toMatchObject({ containerID: made, restartCount: 0 });
    // Denied by now, and left as it is, also by a kubelet that starts anew.
    await writePolicy({ name: 'pinned', requireDigests: true });
    await node.event('web', 'FailedCreate');
    await node.restartKubelet();
    const left = await node.pod('web', isRunning);
    expect(left.status?.containerStatuses?.[0]?.containerID).toBe(after.status?.containerStatuses?.[0]?.containerID);
  });
});
