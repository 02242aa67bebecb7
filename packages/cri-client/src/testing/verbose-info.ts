import { NamespaceMode } from '@solo-kubelet/cri-types';
import type { ContainerRecord, SandboxRecord } from './records.js';

/** Whose verbose `info` maps to imitate; `cri-o-no-infra` is CRI-O without a pause process: no pid. */
export type InfoStyle = 'containerd' | 'cri-o' | 'cri-o-no-infra';

const json = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

const runtimeSpec = (kind: 'sandbox' | 'container', { id, config }: SandboxRecord, pid: number, style: InfoStyle) => ({
  ociVersion: '1.1.0',
  linux: {
    namespaces: [
      { type: 'pid' },
      // CRI-O names one on the host's network too.
      ...(style === 'containerd' && config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE
        ? []
        : [{ type: 'network', path: `/var/run/netns/cni-${id.slice(0, 8)}` }]),
      { type: 'mount' },
    ],
  },
  process: { pid },
  annotations: { 'io.kubernetes.cri.container-type': kind, 'io.kubernetes.cri.sandbox-id': id },
});

export const sandboxInfo = (record: SandboxRecord, style: InfoStyle): Record<string, string> => {
  const spec = runtimeSpec('sandbox', record, record.pid, style);
  if (style === 'cri-o-no-infra') return { info: json({ runtimeSpec: spec }) };
  if (style === 'cri-o') return { info: json({ image: 'registry.k8s.io/pause:3.10', pid: record.pid, runtimeSpec: spec }) };
  return {
    info: json({
      pid: record.pid,
      processStatus: 'running',
      netNamespaceClosed: record.ips.length === 0,
      image: 'registry.k8s.io/pause:3.10',
      snapshotKey: record.id,
      snapshotter: 'overlayfs',
      runtimeType: 'io.containerd.runc.v2',
      config: record.config,
      runtimeSpec: spec,
      cniResult: { Interfaces: { eth0: { IPConfigs: record.ips.map((IP) => ({ IP })), Mac: '', Sandbox: '' } } },
    }),
  };
};

export const containerInfo = (record: ContainerRecord, style: InfoStyle): Record<string, string> => {
  const base = { sandboxID: record.sandbox.id, pid: record.pid, runtimeSpec: runtimeSpec('container', record.sandbox, record.pid, style) };
  if (style !== 'containerd') return { info: json({ ...base, privileged: record.config.linux?.securityContext?.privileged ?? false }) };
  return {
    info: json({
      ...base,
      removing: false,
      snapshotKey: record.id,
      snapshotter: 'overlayfs',
      runtimeType: 'io.containerd.runc.v2',
      config: record.config,
    }),
  };
};
