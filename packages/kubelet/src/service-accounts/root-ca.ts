import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeletConfiguration } from '../config/fields.js';
import type { KubeletFlags } from '../config/kubelet-flags.js';

/**
 * Reads the certificate by which Pods verify the API of the node: the CA of the Kubernetes API where it is served, else the kubelet's own. Empty
 * where the node serves none over TLS, undefined until there is one.
 */
export const rootCaReader = (
  config: Pick<KubeletConfiguration, 'tlsCertFile' | 'enableServer'>,
  { rootDirectory, certDirectory, kubeApi }: Pick<KubeletFlags, 'rootDirectory' | 'certDirectory' | 'kubeApi'>,
): (() => string | undefined) => {
  const own = config.tlsCertFile === '' ? join(certDirectory, 'kubelet.crt') : config.tlsCertFile;
  const path = kubeApi === undefined ? own : join(rootDirectory, 'api', 'ca.crt');
  return () => {
    if (kubeApi === undefined && !config.enableServer) return '';
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  };
};
