const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Whether a resource name is one that device plugins may bear: `vendor.example/camera`, nothing of Kubernetes' own, and short enough for a quota.
 * Upstream: IsExtendedResourceName in pkg/apis/core/v1/helper/helpers.go.
 */
export const isExtendedResourceName = (name: string): boolean => {
  const [prefix = '', label = '', ...more] = name.split('/');
  const quota = `requests.${prefix}`;
  if (more.length > 0 || label === '' || prefix.includes('kubernetes.io') || prefix.startsWith('requests.')) return false;
  return quota.length <= 253 && SUBDOMAIN.test(quota) && LABEL.test(label);
};
