import type { Container, PodSpec } from '@solo-kubelet/pod-spec';
import type { Draft } from '@solo-kubelet/pod-spec/schema';
import type { PodTemplateSpec } from '../gen/object-types.js';

type Use = (spec: PodSpec | Draft<PodSpec>) => boolean;

const containersOf = (spec: Draft<PodSpec>): readonly Draft<Container>[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

const usesStopSignal: Use = (spec) => containersOf(spec as Draft<PodSpec>).some(({ lifecycle }) => lifecycle?.stopSignal !== undefined);

const usesSource =
  (name: 'clusterTrustBundle' | 'podCertificate'): Use =>
  (spec) =>
    (spec.volumes ?? []).some(({ projected }) => projected?.sources?.some((source) => source[name] !== undefined) ?? false);

const dropStopSignals = (spec: Draft<PodSpec>): void => {
  for (const container of containersOf(spec)) {
    if (container.lifecycle?.stopSignal === undefined) continue;
    delete container.lifecycle.stopSignal;
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
  }
};

const dropSource = (spec: Draft<PodSpec>, name: 'clusterTrustBundle' | 'podCertificate'): void => {
  for (const { projected } of spec.volumes ?? []) for (const source of projected?.sources ?? []) delete source[name];
};

/**
 * Takes out of a template the fields whose feature gates are off in 1.36 (ContainerStopSignals, ClusterTrustBundleProjection, PodCertificateRequest,
 * GenericWorkload), unless the old template uses them already.
 */
export const dropDisabledFields = ({ spec }: Draft<PodTemplateSpec>, old?: PodTemplateSpec): void => {
  if (spec === undefined) return;
  const before = old?.spec;
  const isUsed = (uses: Use): boolean => before !== undefined && uses(before);
  if (!isUsed(usesStopSignal)) dropStopSignals(spec);
  for (const name of ['clusterTrustBundle', 'podCertificate'] as const) if (!isUsed(usesSource(name))) dropSource(spec, name);
  if (before?.schedulingGroup === undefined) delete spec.schedulingGroup;
};
