import { allowlistFault, VERIFICATION_POLICIES } from '../image-pulls/core/verification-policy.js';
import { isGateEnabled } from './feature-gates.js';
import type { KubeletConfiguration } from './fields.js';

type Fields = Pick<
  KubeletConfiguration,
  'featureGates' | 'imagePullCredentialsVerificationPolicy' | 'preloadedImagesVerificationAllowlist'
>;

const quoted = (value: string): string => JSON.stringify(value);
const POLICIES: readonly string[] = VERIFICATION_POLICIES;

/** Which images a Pod needs credentials for, in upstream's words (pkg/kubelet/apis/config/validation/validation.go). */
export const validateImagePulls = ({
  featureGates,
  imagePullCredentialsVerificationPolicy: policy,
  preloadedImagesVerificationAllowlist: allowlist,
}: Fields): readonly string[] => {
  if (!isGateEnabled(featureGates, 'KubeletEnsureSecretPulledImages')) {
    const without = (field: string): string =>
      `\`${field}\` must not be set if KubeletEnsureSecretPulledImages feature gate is not enabled`;
    return [
      ...(policy === 'NeverVerifyPreloadedImages' ? [] : [without('imagePullCredentialsVerificationPolicy')]),
      ...(allowlist.length === 0 ? [] : [without('preloadedImagesVerificationAllowlist')]),
    ];
  }
  const unknown = POLICIES.includes(policy)
    ? []
    : [
        `option ${quoted(policy)} specified for imagePullCredentialsVerificationPolicy. Valid options are "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages" or "AlwaysVerify"`,
      ];
  if (allowlist.length > 0 && policy !== 'NeverVerifyAllowlistedImages') {
    const misplaced =
      'can\'t set `preloadedImagesVerificationAllowlist` if `imagePullCredentialsVertificationPolicy` is not "NeverVerifyAllowlistedImages"';
    return [...unknown, misplaced];
  }
  const [fault] = allowlist.flatMap((pattern) => allowlistFault(pattern) ?? []);
  return [...unknown, ...(fault === undefined ? [] : [`invalid image pattern in \`preloadedImagesVerificationAllowlist\`: ${fault}`])];
};
