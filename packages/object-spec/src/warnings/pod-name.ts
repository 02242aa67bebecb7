import { dnsLabelErrors } from '@solo-kubelet/pod-spec/schema';

/** What a name that is no DNS label does to the Pods named after it. */
export const podNameWarnings = (name: string): readonly string[] => {
  const errors = dnsLabelErrors(name);
  if (errors.length === 0) return [];
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${errors.join(' ')}]`,
  ];
};
