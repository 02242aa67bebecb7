import type { Draft } from '../defaults/draft.js';
import type { Pod, Toleration } from '../gen/pod-types.js';
import { canonicalJson } from './canonical-json.js';
import { fnv1a128 } from './fnv.js';

/** The annotation that holds the hash, and so the uid, of a static Pod. */
export const configHashAnnotation = 'kubernetes.io/config.hash';

export interface StaticPodOptions {
  readonly nodeName: string;
  /** Where the manifest was read: part of the uid of a Pod that brings none. For a URL, the URL. */
  readonly path: string;
  /** Only Pods from files tolerate every NoExecute taint. Default `file`. */
  readonly source?: 'file' | 'url';
  /**
   * There are other objects than Pods on this node: a Pod may refer to ConfigMaps, Secrets, ServiceAccounts and claims, and one that says
   * `kubernetes.io/config.source: api` and brings its uid has its name from an API, and keeps it. Default false, as for a kubelet without an API server.
   */
  readonly objects?: boolean;
}

/** The annotation that says where a Pod comes from. */
const configSourceAnnotation = 'kubernetes.io/config.source';

/** Whether an API gave a Pod of a file its name and its uid. */
export const isApiPod = ({ metadata }: Draft<Pod> | Pod): boolean =>
  metadata.annotations?.[configSourceAnnotation] === 'api' && metadata.uid !== undefined && metadata.uid !== '';

const noExecute: Toleration = { operator: 'Exists', effect: 'NoExecute' };

const isNoExecute = ({ key, operator, value, effect }: Toleration): boolean =>
  !key && !value && operator === noExecute.operator && effect === noExecute.effect;

const podUid = (pod: Draft<Pod>, { nodeName, path, source = 'file' }: StaticPodOptions): string => {
  const origin = source === 'file' ? `host:${nodeName}file:${path}` : `url:${path}`;
  return fnv1a128(new TextEncoder().encode(canonicalJson(pod) + origin));
};

/** Gives a defaulted Pod its identity in place. */
export const fillStaticIdentity = (pod: Draft<Pod>, options: StaticPodOptions): void => {
  const { metadata, spec } = pod;
  if (options.objects === true && isApiPod(pod)) {
    metadata.namespace ||= 'default';
    spec.nodeName = options.nodeName;
    pod.status = { ...pod.status, phase: 'Pending' };
    return;
  }
  metadata.uid ||= podUid(pod, options);
  metadata.name = `${metadata.name ?? ''}-${options.nodeName.toLowerCase()}`;
  metadata.namespace ||= 'default';
  spec.nodeName = options.nodeName;
  metadata.annotations = { ...metadata.annotations, [configHashAnnotation]: metadata.uid };
  if ((options.source ?? 'file') === 'file') {
    const old = spec.tolerations ?? [];
    const kept = old.map((toleration) => (isNoExecute(toleration) ? { ...noExecute } : toleration));
    spec.tolerations = old.some(isNoExecute) ? kept : [...kept, { ...noExecute }];
  }
  pod.status = { ...pod.status, phase: 'Pending' };
};

/**
 * The static Pod that a defaulted Pod becomes on a node: name with the node's name, namespace, uid and its annotation, node name,
 * toleration, phase Pending. Equal Pods of one path have equal uids; any change makes another.
 */
export const applyStaticPodDefaults = (pod: Pod, options: StaticPodOptions): Pod => {
  const draft = structuredClone(pod) as Draft<Pod>;
  fillStaticIdentity(draft, options);
  return draft as Pod;
};
