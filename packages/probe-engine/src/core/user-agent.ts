/** As Kubernetes' prober names itself. */
export const PROBE_USER_AGENT = 'kube-probe/1.36';
