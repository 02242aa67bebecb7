import { collectionOf, nameOf, objectOf, SAMPLES } from '../samples/index.mjs';
import { LABEL_SELECTORS } from './selectors.mjs';
import { get, post, put } from './steps.mjs';

const IN = '/api/v1/namespaces/{{ns}}';
const MAPS = `${IN}/configmaps`;
const PODS = `${IN}/pods`;

/** The fields that some kind can be selected by, with values that samples have and that they have not. */
const FIELDS = {
  'metadata.name': ['x', 'y', ''],
  'metadata.namespace': ['{{ns}}', 'other', ''],
  'spec.nodeName': ['', 'n1', 'n2'],
  'spec.restartPolicy': ['Always', 'Never'],
  'spec.schedulerName': ['default-scheduler', 'mine'],
  'spec.serviceAccountName': ['', 'default'],
  'spec.hostNetwork': ['true', 'false', ''],
  'status.phase': ['Running', 'Pending', 'Active', ''],
  'status.podIP': ['1.1.1.1', ''],
  'status.nominatedNodeName': ['', 'n1'],
  'spec.unschedulable': ['true', 'false', ''],
  type: ['Opaque', 'Normal', 'a/b', ''],
  reason: ['R', ''],
  'involvedObject.kind': ['Pod', ''],
  'involvedObject.uid': [''],
  'regarding.name': ['p', ''],
  source: ['c', ''],
  reportingComponent: ['c', ''],
  reportingController: ['c', ''],
  'status.replicas': ['0', '2', ''],
  'status.successful': ['0', '1', ''],
  'spec.clusterIP': ['None', ''],
  'spec.type': ['ClusterIP', 'NodePort'],
  'spec.signerName': ['a/b'],
  'metadata.uid': ['x'],
  'metadata.labels.app': ['x'],
  'spec.podIPs': ['x'],
  'status.podIPs': ['1.1.1.1'],
  'involvedObject.fieldPath': [''],
  'involvedObject.resourceVersion': [''],
};

const ownFields = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  namespaces: ['status.phase'],
  services: ['spec.clusterIP', 'spec.type'],
  events: [
    'involvedObject.kind',
    'involvedObject.uid',
    'reason',
    'source',
    'type',
    'reportingComponent',
    'involvedObject.fieldPath',
    'regarding.name',
    'reportingController',
  ],
  replicasets: ['status.replicas'],
  replicationcontrollers: ['status.replicas'],
  jobs: ['status.successful'],
};

const selectorOf = (random, plural) => {
  const own = ownFields[plural] ?? [];
  const names =
    random.chance(0.6) && own.length > 0 ? own : random.chance(0.5) ? ['metadata.name', 'metadata.namespace'] : Object.keys(FIELDS);
  const terms = Array.from({ length: 1 + random.below(2) }, () => {
    const name = random.pick(names);
    return `${name}${random.pick(['=', '=', '==', '!='])}${random.pick(FIELDS[name])}`;
  });
  return random.chance(0.05) ? `${terms.join(',')}${random.pick([',', '\\', '=', ' ', ',,a=b', '\\,x'])}` : terms.join(',');
};

/** Objects of every kind, selected by every field. */
export const fields = ({ random }) => {
  const often = ['pods', 'nodes', 'secrets', 'events', 'replicasets', 'jobs', 'services', 'namespaces'];
  const wanted = random.pick(often);
  const own = random.pick(random.chance(0.6) ? SAMPLES.filter(({ plural }) => plural === wanted) : SAMPLES);
  const collection = collectionOf(own);
  const steps = ['x', 'y'].map((name, i) => {
    const object = objectOf(own, name, { labels: i === 0 ? { app: 'x' } : {} });
    if (own.plural === 'pods' && i === 1) Object.assign(object.spec, { nodeName: 'n1', restartPolicy: 'Never', hostNetwork: true });
    if (own.plural === 'secrets' && i === 1) object.type = 'a/b';
    return post(collection, object);
  });
  if (own.status !== undefined && random.chance(0.5)) {
    const name = nameOf(own, 'x');
    steps.push(put(`${collection}/${name}/status`, { ...objectOf(own, 'x'), status: own.status }));
  }
  for (let i = 0; i < 5; i++) {
    const query = new URLSearchParams();
    query.set('fieldSelector', selectorOf(random, own.plural));
    if (!own.namespaced) query.set('labelSelector', 'app=none-such');
    else if (random.chance(0.3)) query.set('labelSelector', random.pick(LABEL_SELECTORS));
    const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
    steps.push(get(`${collection}?${text}`));
  }
  return steps;
};

const forged = (random) => {
  const token = {
    ...(random.chance(0.9) && { v: random.pick(['meta.k8s.io/v1', 'meta.k8s.io/v1', 'meta.k8s.io/v1', 'x', '']) }),
    ...(random.chance(0.9) && { rv: random.pick([0, -1, 1, 99999999, 'x', 1.5]) }),
    ...(random.chance(0.9) && { start: random.pick(['', 'b', 'b\u0000', '../x', 'a/../b', '/b', 'zz', 5, 'a/']) }),
    ...(random.chance(0.1) && { x: 1 }),
  };
  const text = random.pick([JSON.stringify(token), JSON.stringify(token), JSON.stringify(token), '[]', 'null', '"x"', '{', '1', '']);
  const base = Buffer.from(text).toString(random.pick(['base64url', 'base64url', 'base64']));
  return random.chance(0.1) ? `${base}${random.pick(['=', '!', 'A'])}` : base;
};

/** Lists in pages, tokens that were made up, and versions in every combination. */
export const pages = ({ random }) => {
  const names = ['a', 'b', 'c', 'd'];
  const steps = names.map((name) => post(MAPS, { metadata: { name, labels: { n: name < 'c' ? '1' : '2' } }, data: { k: name } }));
  let last;
  for (let i = 0; i < 5; i++) {
    const query = new URLSearchParams();
    const way = random.below(10);
    if (random.chance(0.6)) query.set('limit', random.pick(['1', '2', '3', '10', '0']));
    if (way < 3 && last !== undefined) query.set('continue', `{{${last}.metadata.continue}}`);
    else if (way < 4) query.set('continue', forged(random));
    if (random.chance(way < 4 ? 0.15 : 0.4))
      query.set(
        'resourceVersion',
        random.pick(['', '0', '{{1.metadata.resourceVersion}}', '{{3.metadata.resourceVersion}}', 'x', '-1', '00', '0x1', '1.0', ' 1']),
      );
    if (random.chance(way < 4 ? 0.1 : 0.35)) query.set('resourceVersionMatch', random.pick(['Exact', 'NotOlderThan', 'exact', '']));
    if (random.chance(0.2)) query.set('labelSelector', random.pick(['n=1', 'n=2', 'n', 'n notin (1)', 'n=3']));
    if (random.chance(0.1)) query.set('fieldSelector', random.pick(['metadata.name!=a', 'metadata.name=b']));
    if (random.chance(0.06)) query.set('sendInitialEvents', random.pick(['true', 'false']));
    if (random.chance(0.1) && i > 0) steps.push({ method: 'DELETE', path: `${MAPS}/${random.pick(names)}` });
    if (random.chance(0.1) && i > 0) steps.push(post(MAPS, { metadata: { name: `b${i}` } }));
    if (query.has('limit') && !query.has('continue')) last = steps.length;
    const accept = random.chance(0.2)
      ? {
          Accept: random.pick([
            'application/json;as=Table;v=v1;g=meta.k8s.io',
            'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
          ]),
        }
      : undefined;
    const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
    steps.push(get(`${MAPS}?${text}`, accept));
  }
  return steps;
};

const options = (random) => ({
  ...(random.chance(0.4) && { apiVersion: random.pick(['v1', 'v1', 'meta.k8s.io/v1', 'apps/v1', 'x/y']) }),
  ...(random.chance(0.4) && { kind: random.pick(['DeleteOptions', 'DeleteOptions', 'Pod', 'x']) }),
  ...(random.chance(0.4) && { gracePeriodSeconds: random.pick([0, 1, -1, null, '3', 1.5]) }),
  ...(random.chance(0.3) && { propagationPolicy: random.pick(['Foreground', 'Background', 'Orphan', 'x', '', 5]) }),
  ...(random.chance(0.2) && { orphanDependents: random.pick([true, false, 'x', null]) }),
  ...(random.chance(0.2) && {
    preconditions: random.pick([{ uid: 'x' }, { resourceVersion: '1' }, {}, 'x', { uid: '{{0.metadata.uid}}' }]),
  }),
  ...(random.chance(0.2) && { dryRun: random.pick([['All'], ['x'], [], ['All', 'All'], 'All', ['']]) }),
  ...(random.chance(0.1) && { unknown: 1 }),
  ...(random.chance(0.1) && { ignoreStoreReadErrorWithClusterBreakingPotential: random.pick([true, false]) }),
});

/** Deletions of one and of all, with options in body and query. */
export const collections = ({ random }) => {
  const kinds = SAMPLES.filter(({ plural }) =>
    ['configmaps', 'pods', 'secrets', 'services', 'replicasets', 'jobs', 'leases', 'serviceaccounts'].includes(plural),
  );
  const own = random.pick(kinds);
  const collection = collectionOf(own);
  const steps = ['x', 'y', 'z'].map((name, i) => {
    const object = objectOf(own, name, { labels: { n: String(i) }, ...(random.chance(0.2) && { finalizers: ['example.com/f'] }) });
    if (own.plural === 'pods' && random.chance(0.6)) object.spec.nodeName = 'n1';
    return post(collection, object);
  });
  for (let i = 0; i < 3; i++) {
    const query = new URLSearchParams();
    if (random.chance(0.35)) query.set('labelSelector', random.pick(['n=0', 'n in (0,1)', 'n=9', 'n', 'n=x y']));
    if (random.chance(0.2)) query.set('fieldSelector', random.pick(['metadata.name=x', 'metadata.name!=x', 'x=y']));
    if (random.chance(0.15)) query.set('limit', random.pick(['1', '2', 'x']));
    if (random.chance(0.15)) query.set('propagationPolicy', random.pick(['Foreground', 'Background', 'Orphan', 'x', '']));
    if (random.chance(0.15)) query.set('gracePeriodSeconds', random.pick(['0', '1', '-1', 'x', '']));
    if (random.chance(0.1)) query.set('orphanDependents', random.pick(['true', 'false', 'x', '']));
    if (random.chance(0.15)) query.append('dryRun', random.pick(['All', 'x', '']));
    if (random.chance(0.05)) query.append('dryRun', 'All');
    if (random.chance(0.1)) query.set('resourceVersion', random.pick(['0', 'x', '{{0.metadata.resourceVersion}}']));
    if (random.chance(0.05)) query.set('resourceVersionMatch', random.pick(['Exact', 'NotOlderThan']));
    if (random.chance(0.05)) query.set('uid', random.pick(['x', '{{0.metadata.uid}}']));
    if (random.chance(0.05)) query.set('ignoreStoreReadErrorWithClusterBreakingPotential', random.pick(['true', 'false', 'x']));
    const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
    const one = random.chance(0.4);
    const headers = random.chance(0.15)
      ? {
          'Content-Type': random.pick([
            'application/yaml',
            'text/plain',
            'application/json;charset=utf-8',
            'application/vnd.kubernetes.protobuf',
          ]),
        }
      : undefined;
    const body = random.chance(0.6)
      ? { body: options(random) }
      : random.chance(0.1)
        ? { text: random.pick(['x', '[]', 'null', '{}', '""', ' ', '{"gracePeriodSeconds":1,"gracePeriodSeconds":2}']) }
        : {};
    steps.push({ method: 'DELETE', path: `${collection}${one ? '/x' : ''}?${text}`, ...body, ...(headers && { headers }) });
  }
  return [...steps, get(collection)];
};

const LOG = {
  container: ['c', 'd', 'none', ''],
  tailLines: ['1', '-1', 'x', '0'],
  sinceSeconds: ['1', '0', '-1', 'x'],
  sinceTime: ['2020-01-01T00:00:00Z', 'x'],
  limitBytes: ['1', '0', '-1', 'x'],
  previous: ['true', 'x', ''],
  follow: ['true', 'false'],
  timestamps: ['true', 'x'],
  stream: ['All', 'Stdout', 'Stderr', 'x', ''],
  insecureSkipTLSVerifyBackend: ['true', 'x'],
  pretty: ['true'],
};

const tokenRequest = (random) => ({
  ...(random.chance(0.5) && { apiVersion: random.pick(['authentication.k8s.io/v1', 'v1']) }),
  ...(random.chance(0.5) && { kind: random.pick(['TokenRequest', 'TokenRequest', 'Pod']) }),
  ...(random.chance(0.2) && { metadata: random.pick([{ name: 's' }, { name: 'other' }, { namespace: 'other' }, { namespace: '{{ns}}' }]) }),
  spec: {
    ...(random.chance(0.6) && { audiences: random.pick([['a'], [], ['https://kubernetes.default.svc'], ['']]) }),
    ...(random.chance(0.6) && { expirationSeconds: random.pick([600, 599, 0, 3607, 4294967296, 4294967297, 'x', null]) }),
    ...(random.chance(0.5) && {
      boundObjectRef: random.pick([
        { kind: 'Pod', apiVersion: 'v1', name: 'x' },
        { kind: 'Pod', apiVersion: 'v1', name: 'x', uid: 'y' },
        { kind: 'Pod', apiVersion: 'v1', name: 'none' },
        { kind: 'Secret', apiVersion: 'v1', name: 'none' },
        { kind: 'Node', apiVersion: 'v1', name: 'none' },
        { kind: 'ConfigMap', apiVersion: 'v1', name: 'c' },
        { kind: 'Pod', apiVersion: 'apps/v1', name: 'x' },
        { name: 'x' },
        {},
      ]),
    }),
  },
});

const streamQuery = (random) =>
  new URLSearchParams(
    [
      random.chance(0.7) && ['command', 'ls'],
      random.chance(0.5) && ['stdout', random.pick(['true', 'x', '1'])],
      random.chance(0.3) && ['stdin', 'true'],
      random.chance(0.3) && ['tty', 'true'],
      random.chance(0.4) && ['container', random.pick(['c', 'none', ''])],
      random.chance(0.2) && ['ports', random.pick(['80', 'x', '0'])],
    ].filter(Boolean),
  );

/** What is asked of a Pod's or an account's parts that need a node, or make something. */
export const parts = ({ random }) => {
  const pod = {
    metadata: { name: 'x', labels: { app: 'x' } },
    spec: {
      containers: ['c', 'd'].slice(0, 1 + random.below(2)).map((name) => ({ name, image: 'i' })),
      ...(random.chance(0.2) && { initContainers: [{ name: 'i', image: 'i' }] }),
      ...(random.chance(0.3) && { nodeName: 'none-such' }),
      ...(random.chance(0.4) && { serviceAccountName: random.pick(['s', 's', 'other']) }),
    },
  };
  if (random.chance(0.1)) pod.metadata.annotations = { 'kubectl.kubernetes.io/default-container': random.pick(['d', 'none']) };
  const steps = [post(PODS, pod), post(`${IN}/serviceaccounts`, { metadata: { name: 's' } })];
  for (let i = 0; i < 5; i++) {
    const way = random.below(10);
    if (way < 4) {
      const query = new URLSearchParams();
      for (const [name, all] of Object.entries(LOG)) if (random.chance(0.2)) query.set(name, random.pick(all));
      steps.push(get(`${PODS}/${random.pick(['x', 'x', 'x', 'y'])}/log?${query}`));
    } else if (way < 7)
      steps.push(
        post(
          `${IN}/serviceaccounts/${random.pick(['s', 's', 's', 'none'])}/token${random.pick(['', '', '?dryRun=All', '?fieldValidation=Strict', '?pretty=true'])}`,
          tokenRequest(random),
        ),
      );
    else if (way < 9)
      steps.push({
        method: random.pick(['GET', 'POST', 'POST', 'PUT']),
        path: `${PODS}/${random.pick(['x', 'x', 'y'])}/${random.pick(['exec', 'attach', 'portforward'])}?${streamQuery(random)}`,
      });
    else
      steps.push({
        method: random.pick(['GET', 'POST', 'PUT', 'DELETE']),
        path: `${random.pick([`${PODS}/x`, `${PODS}/y`, `${PODS}/https:x:80`, `${PODS}/x:abc`, `${IN}/services/x`, `${IN}/services/http:x:a`, '/api/v1/nodes/none', '/api/v1/nodes/none:10250'])}/proxy${random.pick(['', '/', '/a/b?c=d'])}`,
      });
  }
  return steps;
};
