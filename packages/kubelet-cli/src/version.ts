import { readFileSync } from 'node:fs';
import { KUBERNETES_VERSION } from './config/kubernetes-version.js';

/** The version of this package. */
export const productVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

export const versionText = (): string => `Solo Kubelet ${productVersion()} (Kubernetes ${KUBERNETES_VERSION})`;
