import { emptyObjectStore, findObject, type ManifestEvent, type ObjectStore, reduceObjects } from '@solo-kubelet/manifest-source';
import type { PodObjects } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import { nameUid } from '@solo-kubelet/pod-spec/schema';
import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import { type PodRejection, podRejection } from './core/complete-pod.js';

/** The objects of a running node: fed by its manifest events, read by whatever makes Pods run. */
export interface NodeObjects {
  /** Takes in what passes by. Whoever is behind it in the stream finds the objects as the event leaves them. */
  take(): MonoTypeOperatorFunction<ManifestEvent>;
  current(): ObjectStore;
  configMap: PodObjects['configMap'];
  secret: PodObjects['secret'];
  runtimeClassHandler: PodObjects['runtimeClassHandler'];
  /** For `Secret`s of image pulls: with their type and uid. */
  pullSecret(
    namespace: string,
    name: string,
  ):
    | {
        readonly type?: string | undefined;
        readonly data?: Readonly<Record<string, string>> | undefined;
        readonly metadata?: { readonly uid?: string | undefined };
      }
    | undefined;
  /** The identity of a ServiceAccount; `default` is there without a document. Undefined: there is no such account. */
  accountUid(namespace: string, name: string): string | undefined;
  /** Why a Pod may not run with the objects that there are now. */
  rejection(pod: Pod): PodRejection | undefined;
}

export interface NodeObjectsOptions {
  /** The certificate, as PEM, by which Pods verify the API that the node serves; undefined while there is none. Default: none. */
  readonly rootCa?: () => string | undefined;
}

/** Every namespace has it in a cluster (pkg/controller/certificates/rootcacertpublisher). */
const ROOT_CA = 'kube-root-ca.crt';

export const createNodeObjects = ({ rootCa = () => undefined }: NodeObjectsOptions = {}): NodeObjects => {
  let store = emptyObjectStore;
  return {
    take: () => tap((event) => (store = reduceObjects(store, event))),
    current: () => store,
    configMap: (namespace, name) => {
      const found = findObject(store, 'ConfigMap', name, namespace);
      if (found !== undefined || name !== ROOT_CA) return found;
      const certificate = rootCa();
      return certificate === undefined ? undefined : { data: { 'ca.crt': certificate } };
    },
    secret: (namespace, name) => findObject(store, 'Secret', name, namespace),
    runtimeClassHandler: (name) => findObject(store, 'RuntimeClass', name)?.handler,
    pullSecret: (namespace, name) => findObject(store, 'Secret', name, namespace),
    accountUid: (namespace, name) =>
      findObject(store, 'ServiceAccount', name, namespace)?.metadata.uid ?? (name === 'default' ? defaultAccountUid(namespace) : undefined),
    rejection: (pod) => podRejection(pod, store),
  };
};

/** The same whenever it is asked for. */
const defaultAccountUid = (namespace: string): string => nameUid(`ServiceAccount/${namespace}/default`);

/** Kinds that may let a Pod in that was refused. */
const ADMITTING_KINDS: ReadonlySet<string> = new Set(['ServiceAccount', 'PriorityClass', 'RuntimeClass', 'LimitRange']);

/** Whether an event may let a Pod in that an object was missing for. */
export const mayAdmit = (event: ManifestEvent): boolean => event.type === 'objectApplied' && ADMITTING_KINDS.has(event.object.kind);
