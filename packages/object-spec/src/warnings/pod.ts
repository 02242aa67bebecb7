import type { Pod } from '@solo-kubelet/pod-spec';
import { dnsLabelErrors } from '@solo-kubelet/pod-spec/schema';
import { warningsOfPodAt } from './pod-template.js';

/** What the server would warn of in a new Pod (pkg/registry/core/pod/strategy.go WarningsOnCreate). */
export const podWarnings = ({ metadata, spec }: Pod): readonly string[] => {
  const errors = dnsLabelErrors(metadata.name ?? '');
  const name = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${errors.join(' ')}]`;
  return [...(errors.length === 0 ? [] : [name]), ...warningsOfPodAt({ metadata, spec }, '')];
};
