import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Admission } from '@solo-kubelet/pod-admission';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { KubeletEvent, PodView, ToldEvent } from '@solo-kubelet/reconciler';
import { of, Subject, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeAdmission, type WrittenObject } from '../src/admission/node-admission.js';
import { allServices, createKubelet, type KubeletService } from '../src/index.js';

let directory: string;
let policyFile: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'admission-'));
  policyFile = join(directory, 'admission.yaml');
});
afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));

const writePolicy = (...rules: readonly string[]): Promise<void> =>
  writeFile(
    policyFile,
    `apiVersion: solo-kubelet.dev/v1alpha1\nkind: AdmissionPolicy\nmetadata: {name: site}\nspec:\n  rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
  );
const MIRROR = '{name: mirror, rewriteImages: [{from: docker.io, to: a.test}]}';
/** Why an object may not come; undefined: it may. */
const denialOf = async (
  { admit }: Awaited<ReturnType<typeof createNodeAdmission>>,
  object: WrittenObject,
  previous: WrittenObject | undefined,
): Promise<string | undefined> => {
  const verdict = await admit(object, previous);
  return verdict.type === 'denied' ? verdict.message : undefined;
};
const SECURE = '{name: secure, podSecurity: {level: baseline}}';

/** A kubelet on a runtime in memory; ends with the block. */
const startKubelet = async (admission?: readonly Admission[]) => {
  const tags = ['app:1', 'app:2', 'library/nginx:1'].map((name) => `a.test/${name}`);
  const runtime = await createFakeCri({ registry: [{ tags }] });
  const stop = new AbortController();
  const events: KubeletEvent[] = [];
  let pods: ReadonlyMap<string, PodView> = new Map();
  const watch: readonly KubeletService[] = [
    ({ reconciler }) =>
      reconciler.pods$.pipe(
        tap((now) => {
          pods = now;
        }),
      ),
    ({ reconciler }) => reconciler.events$.pipe(tap((event) => events.push(event))),
  ];
  const manifests = join(directory, 'manifests');
  await mkdir(manifests, { recursive: true });
  const running = createKubelet(
    {
      containerRuntimeEndpoint: runtime.endpoint,
      staticPodPath: manifests,
      podLogsDir: join(directory, 'logs'),
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      ...{ enableServer: false, healthzPort: 0, failSwapOn: false, cgroupsPerQOS: false, enforceNodeAllocatable: ['none'] },
    },
    {
      rootDirectory: join(directory, 'root'),
      signal: stop.signal,
      flags: { admissionPolicyFile: policyFile, hostnameOverride: 'n1' },
      services: [...allServices, ...watch],
      environment: { runCommand: async () => ({ exitCode: 0, stdout: '', stderr: '', gaveUp: false, ended: Promise.resolve() }) },
      ...(admission && { admission }),
    },
  ).run();
  const images = (): readonly string[] =>
    [...pods.values()]
      .filter(({ pod }) => pod.status?.phase === 'Running')
      .map(({ pod }) => `${pod.metadata.name.replace(/-[0-9a-z]+-[0-9a-z]{5}$/, '')} ${pod.spec.containers[0]?.image}`)
      .sort();
  return {
    events,
    images,
    uids: () => [...pods.keys()],
    put: (name: string, text: string) => writeFile(join(manifests, `${name}.yaml`), text),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await runtime[Symbol.asyncDispose]();
    },
  };
};
const podText = (name: string, image: string, more = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {terminationGracePeriodSeconds: 0, ${more}containers: [{name: app, image: "${image}"}]}\n`;
const LIMIT = { timeout: 15_000, interval: 20 };

it('lets no Pod of files and workloads come but as the policy has it, and an edit of the policy restarts what comes out differently alone', async () => {
  await writePolicy(MIRROR, SECURE);
  await using kubelet = await startKubelet();
  await kubelet.put('web', podText('web', 'nginx:1'));
  await kubelet.put('own', podText('own', 'a.test/app:1'));
  await kubelet.put('host', podText('host', 'a.test/app:1', 'hostNetwork: true, '));
  await kubelet.put(
    'shop',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: "nginx:1"}]}}}\n',
  );
  await expect.poll(kubelet.images, LIMIT).toEqual(['own-n1 a.test/app:1', 'shop a.test/library/nginx:1', 'web-n1 a.test/library/nginx:1']);
  expect(kubelet.events.filter(({ reason }) => reason === 'FailedCreate')).toMatchObject([
    {
      type: 'Warning',
      message: `Error creating: pods "host-n1" is forbidden: admission policy ${policyFile}, rule "secure", denied the request: spec: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`,
      involvedObject: { kind: 'Pod', name: 'host-n1' },
    },
  ]);
  // An edit that is denied: the version that was admitted runs on.
  const before = kubelet.uids();
  await kubelet.put('own', podText('own', 'a.test/app:2', 'hostPID: true, '));
  await expect
    .poll(() => kubelet.events.some(({ message }) => message.endsWith('; the version that was admitted before runs on')), LIMIT)
    .toBe(true);
  expect(kubelet.uids()).toEqual(before);
  // The file of the policy is broken: the last one stays.
  await writeFile(policyFile, 'kind: AdmissionPolicy\n');
  await expect
    .poll(() => kubelet.events.find(({ reason }) => reason === 'AdmissionPolicyInvalid')?.message, LIMIT)
    .toMatch(/admission\.yaml:1:1: apiVersion: it is missing.*; the last policy that could be used stays in force$/);
  await kubelet.put('late', podText('late', 'nginx:1'));
  await expect.poll(kubelet.images, LIMIT).toContain('late-n1 a.test/library/nginx:1');
  // Another policy, by which the same comes out of all but one.
  await writePolicy(MIRROR, SECURE, '{name: site, except: [{name: late}, {name: shop}, {name: own}], add: {labels: {site: berlin}}}');
  await expect.poll(() => kubelet.uids().filter((uid) => !before.includes(uid)).length, LIMIT).toBe(2);
  await expect.poll(kubelet.images, LIMIT).toHaveLength(4);
  await expect.poll(() => before.filter((uid) => !kubelet.uids().includes(uid)), LIMIT).toHaveLength(1);
}, 60_000);

it('keeps what was admitted over a restart, also with a policy that denies it or is broken by then', async () => {
  await writePolicy(MIRROR);
  let uids: readonly string[];
  {
    await using kubelet = await startKubelet();
    await kubelet.put('web', podText('web', 'nginx:1', 'hostNetwork: true, '));
    await expect.poll(kubelet.images, LIMIT).toEqual(['web-n1 a.test/library/nginx:1']);
    uids = kubelet.uids();
    await expect.poll(() => existsSync(join(directory, 'root', 'admission', 'admitted.json')), LIMIT).toBe(true);
  }
  await writePolicy(SECURE);
  {
    await using kubelet = await startKubelet();
    await expect.poll(kubelet.images, LIMIT).toEqual(['web-n1 a.test/library/nginx:1']);
    expect(kubelet.uids()).toEqual(uids);
  }
  await writeFile(policyFile, '[');
  await using kubelet = await startKubelet();
  await expect.poll(() => kubelet.events.some(({ reason }) => reason === 'AdmissionPolicyInvalid'), LIMIT).toBe(true);
  await kubelet.put('host', podText('host', 'a.test/app:1', 'hostPID: true, '));
  await expect.poll(() => kubelet.events.some(({ message }) => message.includes('"host-n1" is forbidden')), LIMIT).toBe(true);
  await expect.poll(kubelet.images, LIMIT).toEqual(['web-n1 a.test/library/nginx:1']);
}, 60_000);

it('does not start with a policy that can not be used where there never was one', async () => {
  await writeFile(policyFile, '[');
  const started = createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
  await expect(started).rejects.toMatchObject({
    code: 'KUBELET_CONFIG_INVALID',
    message: expect.stringContaining(`--admission-policy-file: ${policyFile}:1:`),
  });
});

it('asks the steps of a program that embeds it first', async () => {
  await writePolicy(MIRROR);
  const tagged: Admission = (pod) =>
    of({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((each) => ({ ...each, image: 'nginx:1' })) } });
  await using kubelet = await startKubelet([tagged]);
  await kubelet.put('web', podText('web', 'a.test/app:1'));
  await expect.poll(kubelet.images, LIMIT).toEqual(['web-n1 a.test/library/nginx:1']);
}, 30_000);

describe('of a cluster', () => {
  const pod = (uid: string, image: string): Pod => ({
    metadata: { name: 'web', namespace: 'default', uid },
    spec: { containers: [{ name: 'app', image }] },
  });
  const applied = (uid: string, image: string): ManifestEvent => ({
    type: 'applied',
    origin: { source: 'api', path: uid, document: 0 },
    pod: pod(uid, image),
    warnings: [],
  });
  it('Pods are never changed, only rejected, and what ran before is left alone', async () => {
    await writePolicy(MIRROR, '{name: registries, allowedImages: [a.test]}');
    await mkdir(join(directory, 'pod-status'));
    await writeFile(join(directory, 'pod-status', 'old.json'), '{}');
    await using admission = await createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
    const event$ = new Subject<ManifestEvent>();
    const passed: ManifestEvent[] = [];
    event$.pipe(admission.judgeClusterPods()).subscribe((event) => passed.push(event));
    const events = [applied('a', 'nginx'), applied('b', 'a.test/x'), applied('old', 'nginx')];
    for (const event of events) event$.next(event);
    expect(passed).toEqual(events);
    expect(['a', 'b', 'old'].map((uid) => admission.rejection(uid)?.reason)).toEqual(['AdmissionDenied', undefined, undefined]);
    expect(admission.rejection('a')?.message).toContain('"nginx" is of no registry that is allowed');
    event$.next({ type: 'removed', origin: { source: 'api', path: 'a', document: 0 } });
    expect(admission.rejection('a')).toBeUndefined();
  });

  it('and of its own API, a write is denied before it counts, unless it changes nothing of Pods', async () => {
    await writePolicy(SECURE);
    await using admission = await createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
    const told: ToldEvent[] = [];
    admission.event$.subscribe((event) => told.push(event));
    const deployment = (hostNetwork: boolean, replicas: number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: { replicas, template: { spec: { hostNetwork, containers: [{ name: 'app', image: 'a' }] } } },
    });
    expect(await denialOf(admission, deployment(true, 1), undefined)).toMatch(
      /^deployments\.apps "web" is forbidden: admission policy .*, rule "secure", denied the request: spec: violates PodSecurity/,
    );
    expect(await denialOf(admission, deployment(true, 2), deployment(true, 1))).toBeUndefined();
    expect(await denialOf(admission, deployment(true, 1), deployment(false, 1))).toBeDefined();
    expect(await denialOf(admission, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }, undefined)).toBeUndefined();
    expect(told).toEqual([]);
    expect(await readFile(join(directory, 'admission', 'policy.json'), 'utf8')).toContain('podSecurity');
  });

  it('and a write is told as what it would run', async () => {
    await writePolicy(MIRROR);
    await using admission = await createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: { containers: [{ name: 'app', image: 'nginx' }] },
      status: { phase: 'Pending' },
    };
    const verdict = await admission.admit(pod, undefined);
    expect(verdict).toMatchObject({ type: 'admitted', object: { kind: 'Pod', metadata: pod.metadata, status: pod.status } });
    expect(JSON.stringify(verdict)).toContain('"image":"a.test/library/nginx"');
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    expect(await admission.admit(map, undefined)).toEqual({ type: 'admitted', object: map });
  });

  it('what comes for debugging is judged as it is asked for, since it runs so', async () => {
    await writePolicy(MIRROR, '{name: registries, allowedImages: [a.test]}');
    await using admission = await createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
    const web = (...images: readonly string[]) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', uid: 'u1' },
      spec: {
        containers: [{ name: 'app', image: 'a.test/app' }],
        ephemeralContainers: images.map((image, at) => ({ name: `debugger-${at}`, image })),
      },
    });
    expect(await denialOf(admission, web('nginx'), web())).toContain(
      'spec.ephemeralContainers[0].image: "nginx" is of no registry that is allowed',
    );
    expect(await denialOf(admission, web('a.test/tools'), web())).toBeUndefined();
  });

  it('a file whose name is no name of a record keeps nothing from starting', async () => {
    await writePolicy(SECURE);
    await mkdir(join(directory, 'pod-status'));
    await writeFile(join(directory, 'pod-status', '100%.json'), '{}');
    await using admission = await createNodeAdmission({ nodeName: 'n1', rootDirectory: directory, policyFile, logger: silentLogger });
    expect(admission.rejection('u1')).toBeUndefined();
  });
});
