/** Kubernetes' metav1.Time: RFC 3339, UTC, whole seconds. */
export const kubernetesTime = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
