import { allContainers } from '../all-containers.js';
import type { AdmissionCheck } from './admission-check.js';

export const checkOperatingSystem: AdmissionCheck = ({ pod, node }) => {
  const label = pod.metadata.labels?.['kubernetes.io/os'];
  if (label !== undefined && label !== node.operatingSystem) {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  }
  const os = pod.spec.os?.name;
  return os === undefined || os === node.operatingSystem
    ? undefined
    : { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
};

export const checkSupplementalGroupsPolicy: AdmissionCheck = ({ pod, node }) =>
  pod.spec.securityContext?.supplementalGroupsPolicy === 'Strict' && !node.supplementalGroupsPolicy
    ? {
        reason: 'SupplementalGroupsPolicyNotSupported',
        message: `SupplementalGroupsPolicy=Strict is not supported in this node`,
      }
    : undefined;

export const checkAppArmor: AdmissionCheck = ({ pod, node }) => {
  if (node.appArmor) return undefined;
  const profiles = [
    pod.spec.securityContext?.appArmorProfile,
    ...allContainers(pod).map(({ securityContext }) => securityContext?.appArmorProfile),
  ];
  const asked = profiles.some((profile) => profile !== undefined && profile.type !== 'Unconfined');
  return asked ? { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' } : undefined;
};

export const checkNodeShutdown: AdmissionCheck = ({ node }) =>
  node.shuttingDown ? { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' } : undefined;
