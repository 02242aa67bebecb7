import { readFileSync } from 'node:fs';
import { KUBERNETES_VERSION } from '@solo-kubelet/kubelet/defaults';

/** The version of this package, put in by the build of the single executable, beside which there is no package.json. */
declare const SOLO_KUBELET_VERSION: string | undefined;

/** The version of this package. */
export const productVersion = (): string =>
  typeof SOLO_KUBELET_VERSION === 'string'
    ? SOLO_KUBELET_VERSION
    : (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

export const versionText = (): string => `Solo Kubelet ${productVersion()} (Kubernetes ${KUBERNETES_VERSION})`;
