import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfiguration } from '@solo-kubelet/kubelet/config';
import { expect, it } from 'vitest';
import { type InstallStep, installPlan } from './install-plan.js';
import { type JoinFile, type JoinOptions, joinPlan } from './join-plan.js';

const TOKEN = 'abcdef.0123456789abcdef';
const options = (change: Partial<JoinOptions> = {}): JoinOptions => ({
  root: '/',
  server: 'https://10.0.0.1:6443',
  caPem: 'the authority',
  token: TOKEN,
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  nodeName: undefined,
  ...change,
});
const at = (files: readonly JoinFile[], end: string): JoinFile => files.find(({ path }) => path.endsWith(end))!;

it('keeps the token in one file that only root reads, and shows it nowhere', () => {
  const files = joinPlan(options());
  expect(files.filter(({ text }) => text.includes(TOKEN))).toEqual([
    expect.objectContaining({ path: '/etc/kubernetes/bootstrap-kubelet.conf', mode: 0o600 }),
  ]);
  for (const { shown } of files) expect(shown).not.toContain('0123456789abcdef');
  expect(files.at(-1)?.path).toBe('/etc/systemd/system/solo-kubelet.service.d/50-cluster.conf');
});

it('hands the unit flags and a configuration that the kubelet takes, over that of the installation', async () => {
  const root = await mkdtemp(join(tmpdir(), 'solo-kubelet-join-'));
  try {
    const installed: readonly InstallStep[] = installPlan({
      root,
      nodeBinary: '/usr/bin/node',
      program: '/opt/bin.js',
      runtimeEndpoint: 'unix:///run/containerd/containerd.sock',
      runtimeUnit: undefined,
      cgroupDriver: 'systemd',
      kubeApi: '127.0.0.1:6443',
    });
    const files = joinPlan(options({ root, nodeName: 'box-1' }));
    for (const { path, text } of [...installed.flatMap((step) => (step.type === 'file' ? [step] : [])), ...files]) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const unit = installed.find(({ path }) => path.endsWith('.service'));
    const [, start = ''] = /^ExecStart=.* run (.*)$/m.exec(unit?.type === 'file' ? unit.text : '') ?? [];
    const [, flags = ''] = /^Environment="KUBELET_EXTRA_ARGS=(.*)"$/m.exec(files.at(-1)!.text) ?? [];
    const argv = start.replace('$KUBELET_EXTRA_ARGS', flags).replaceAll('/etc/kubernetes', `${root}/etc/kubernetes`).split(' ');
    const loaded = await loadConfiguration(argv);
    expect(loaded.flags).toMatchObject({
      kubeconfig: `${root}/etc/kubernetes/kubelet.conf`,
      bootstrapKubeconfig: `${root}/etc/kubernetes/bootstrap-kubelet.conf`,
      hostnameOverride: 'box-1',
      kubeApi: undefined,
    });
    expect(loaded.config).toMatchObject({
      staticPodPath: '/etc/kubernetes/manifests',
      cgroupDriver: 'systemd',
      address: '0.0.0.0',
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      rotateCertificates: true,
      'authentication.anonymous.enabled': false,
      'authentication.webhook.enabled': true,
      'authentication.x509.clientCAFile': '/etc/kubernetes/pki/ca.crt',
      'authorization.mode': 'Webhook',
    });
    expect(loaded.warnings).toEqual([]);
  } finally {
    await rm(root, { recursive: true });
  }
});

it('leaves the DNS of Pods as it is when the cluster does not tell its own', () => {
  const { text } = at(joinPlan(options({ clusterDNS: [], clusterDomain: undefined })), 'kubelet.yaml.d/50-cluster.conf');
  expect(JSON.parse(text)).not.toHaveProperty('clusterDNS');
  expect(JSON.parse(text)).not.toHaveProperty('clusterDomain');
});
