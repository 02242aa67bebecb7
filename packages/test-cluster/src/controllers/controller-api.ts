import { type ApiCore, fullCatalog, type ObjectStore, type StoredObject } from '@solo-kubelet/api-server';

/** Whoever answers a request with something else than was asked for. */
export class RefusedError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What controllers do to the objects of the server: as a client of all rights, whose requests are answered at once. */
export interface ControllerApi {
  readonly store: ObjectStore;
  /** The time, ms. */
  readonly now: () => number;
  /** The objects of a kind, of one namespace or of all. */
  list(kind: string, namespace?: string): readonly StoredObject[];
  get(kind: string, namespace: string | undefined, name: string): StoredObject | undefined;
  /** @throws RefusedError */
  create(object: NewObject): StoredObject;
  /** @throws RefusedError */
  replace(object: StoredObject, subresource?: 'status' | 'finalize'): StoredObject;
  /** Sets what is to be in the status, and leaves the rest of it. @throws RefusedError */
  setStatus(object: StoredObject, status: object): void;
  /** What is gone already is no error. @throws RefusedError */
  remove(object: StoredObject): void;
  /** Places a Pod on a node. @throws RefusedError */
  bind(pod: StoredObject, nodeName: string): void;
}

export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const USER = { username: 'system:kube-controller-manager', groups: ['system:masters'] };

const byKind = new Map(
  fullCatalog.resources.filter(({ rules }) => rules !== undefined).map((each) => [`${each.group}/${each.version}/${each.kind}`, each]),
);
const resourceOf = (apiVersion: string, kind: string) => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const resource = byKind.get(`${group}/${version}/${kind}`);
  if (resource === undefined) throw new Error(`there is no kind ${kind} in ${apiVersion}`);
  return resource;
};
/** By kind alone: the kinds that controllers ask for have names of their own. */
const bucketOf = (kind: string): string => {
  const resource = fullCatalog.resources.find((each) => each.kind === kind && each.rules !== undefined);
  if (resource === undefined) throw new Error(`there is no kind ${kind}`);
  return resource.storedAs;
};

const collectionOf = ({ apiVersion, kind, metadata }: NewObject | StoredObject): string => {
  const { group, version, plural, namespaced } = resourceOf(apiVersion, kind);
  const { namespace = 'default' } = metadata;
  return `${group === '' ? '/api' : `/apis/${group}`}/${version}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}`;
};
const pathOf = (object: StoredObject): string => `${collectionOf(object)}/${object.metadata.name}`;

export const createControllerApi = (core: ApiCore, store: ObjectStore, now: () => number): ControllerApi => {
  const send = (method: string, target: string, body: unknown): StoredObject => {
    const headers = { 'content-type': 'application/json', 'user-agent': 'kube-controller-manager' };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const answer = core.handle({ method, target, headers, body: bytes, user: USER, nowMs: now() });
    if (answer.type !== 'answer') throw new RefusedError(500, `${method} ${target} is no request of a controller`);
    const value = JSON.parse(Buffer.from(answer.body).toString() || '{}') as StoredObject & { readonly message?: string };
    if (answer.code >= 300) throw new RefusedError(answer.code, value.message ?? `${method} ${target}: ${answer.code}`);
    return value;
  };
  const list: ControllerApi['list'] = (kind, namespace) => store.list(bucketOf(kind), namespace === undefined ? '' : `${namespace}/`);
  return {
    store,
    now,
    list,
    get: (kind, namespace, name) => store.get(bucketOf(kind), namespace === undefined ? name : `${namespace}/${name}`),
    create: (object) => send('POST', collectionOf(object), object),
    replace: (object, subresource) => send('PUT', `${pathOf(object)}${subresource === undefined ? '' : `/${subresource}`}`, object),
    setStatus: (object, status) => void send('PUT', `${pathOf(object)}/status`, { ...object, status: { ...object.status, ...status } }),
    remove: (object) => {
      try {
        send('DELETE', pathOf(object), {
          propagationPolicy: 'Background',
          ...(object.metadata.uid !== undefined && { preconditions: { uid: object.metadata.uid } }),
        });
      } catch (error) {
        // It may have gone meanwhile, or another may have its name.
        if (!(error instanceof RefusedError && (error.code === 404 || error.code === 409))) throw error;
      }
    },
    bind: (pod, nodeName) => {
      const { name = '', namespace = '' } = pod.metadata;
      const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
      send('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name },
        target,
      });
    },
  };
};
