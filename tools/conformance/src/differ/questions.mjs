import { isMap, mutate, ODD_VALUES, randomPointer } from './mutate.mjs';
import { collectionOf, nameOf, objectOf, SAMPLES, sampleOf } from './samples.mjs';

const patchStep = (path, type, body) => ({ method: 'PATCH', path, headers: { 'Content-Type': `application/${type}` }, body });
const post = (path, body) => ({ method: 'POST', path, body });
const get = (path, headers) => ({ method: 'GET', path, ...(headers && { headers }) });
const put = (path, body) => ({ method: 'PUT', path, body });

/** Puts an object where its script's names are; of a corpus it may have any. */
const placed = (sample, object) => {
  const metadata = isMap(object.metadata) ? { ...object.metadata } : {};
  delete metadata.namespace;
  return { ...object, metadata: { ...metadata, name: nameOf(sample, 'x') } };
};

const sampleAndObject = ({ random, corpus }) => {
  const own = random.pick(SAMPLES);
  const known = corpus.objects.get(own.kind) ?? [];
  const object = known.length > 0 && random.chance(0.6) ? placed(own, random.pick(known)) : objectOf(own, 'x');
  return { sample: own, object, path: collectionOf(own), at: `${collectionOf(own)}/${nameOf(own, 'x')}` };
};

const QUERIES = ['', '', '', '', '', '', '?dryRun=All', '?fieldValidation=Strict', '?fieldValidation=Ignore', '?fieldManager=me'];

/** Objects with changes at random, as they are created. */
const create = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const body = mutate(random, pool, object, 1 + random.below(3));
  return [post(`${path}${random.pick(QUERIES)}`, body), get(at)];
};

/** Objects that are there, changed at random by PUT. */
const update = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++) steps.push(put(`${at}${random.pick(QUERIES)}`, mutate(random, pool, object, 1 + random.below(2))));
  return [...steps, get(at)];
};

const status = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject({ ...kit, random: kit.random });
  if (sample.status === undefined) return update(kit);
  const changed = () => ({
    ...(random.chance(0.3) ? mutate(random, pool, object, 1) : object),
    status: mutate(random, pool, sample.status, random.below(3)),
  });
  const steps = [post(path, object), put(`${at}/status`, changed()), get(at)];
  if (random.chance(0.5))
    steps.push(patchStep(`${at}/status`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), { status: changed().status }));
  return [...steps, get(`${at}/status`)];
};

const jsonOperation = (random, pool, object) => {
  const op = random.pick(['add', 'add', 'replace', 'replace', 'remove', 'move', 'copy', 'test', 'Add']);
  const path = randomPointer(random, object);
  const from = randomPointer(random, object);
  const value = random.chance(0.6)
    ? pool.valueOf(
        random,
        path
          .split('/')
          .filter((part) => !/^(-?\d+|-)$/.test(part))
          .at(-1) ?? '',
      )
    : random.pick(ODD_VALUES);
  return { op, path, ...((op === 'move' || op === 'copy') && { from }), ...(!['remove', 'move', 'copy'].includes(op) && { value }) };
};

const patchJson = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 4; i++) {
    const operations = Array.from({ length: 1 + random.below(3) }, () => jsonOperation(random, pool, object));
    steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'json-patch+json', operations));
  }
  return [...steps, get(at)];
};

/** Part of an object: only some of its fields, at every depth. */
const partOf = (random, value) => {
  if (Array.isArray(value)) return value.filter(() => random.chance(0.6)).map((item) => partOf(random, item));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => random.chance(0.5) || key === 'name' || key === 'containerPort' || key === 'mountPath')
      .map(([key, inner]) => [key, random.chance(0.05) ? null : partOf(random, inner)]),
  );
};

/** Directives of strategic patches at places where they may mean something. */
const directed = (random, value) => {
  if (Array.isArray(value)) {
    const items = value.map((item) => directed(random, item));
    if (random.chance(0.15) && isMap(items[0])) items[random.below(items.length)].$patch = random.pick(['delete', 'replace', 'merge']);
    if (random.chance(0.05)) items.push({ $patch: 'replace' });
    return items;
  }
  if (!isMap(value)) return value;
  const changed = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, directed(random, inner)]));
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(inner)) continue;
    const merge = inner.find(isMap);
    const mergeKey =
      merge && ['name', 'containerPort', 'port', 'mountPath', 'ip', 'type', 'topologyKey', 'uid'].find((name) => merge[name] !== undefined);
    if (random.chance(0.2))
      changed[`$setElementOrder/${key}`] = inner
        .map((item) => (mergeKey ? { [mergeKey]: item?.[mergeKey] } : item))
        .sort(() => (random.chance(0.5) ? 1 : -1));
    if (random.chance(0.1)) changed[`$deleteFromPrimitiveList/${key}`] = inner.filter((item) => !isMap(item));
  }
  if (random.chance(0.06)) changed.$retainKeys = Object.keys(value).filter(() => random.chance(0.7));
  if (random.chance(0.03)) changed.$patch = random.pick(['replace', 'delete', 'merge', 'x']);
  return changed;
};

const patchBody = (random, pool, object) => {
  const { apiVersion, kind, ...rest } = mutate(random, pool, object, random.below(3));
  const body = partOf(random, rest);
  if (isMap(body.metadata)) body.metadata = { ...body.metadata, name: undefined };
  return random.chance(0.1) ? { apiVersion, kind, ...body } : body;
};

const patchMerge = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++) steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'merge-patch+json', patchBody(random, pool, object)));
  return [...steps, get(at)];
};

const patchStrategic = (kit) => {
  const { random, pool } = kit;
  const { object, path, at } = sampleAndObject(kit);
  const steps = [post(path, object)];
  for (let i = 0; i < 3; i++)
    steps.push(patchStep(`${at}${random.pick(QUERIES)}`, 'strategic-merge-patch+json', directed(random, patchBody(random, pool, object))));
  return [...steps, get(at)];
};

const patchApply = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject(kit);
  const steps = random.chance(0.5) ? [post(`${path}?fieldManager=web`, object)] : [];
  const { apiVersion, kind } = object;
  for (let i = 0; i < 4; i++) {
    const way = random.below(10);
    if (way < 7) {
      const config =
        i === 0 && random.chance(0.5)
          ? object
          : {
              ...partOf(random, mutate(random, pool, object, random.below(2))),
              apiVersion,
              kind,
              metadata: { ...partOf(random, object.metadata), name: nameOf(sample, 'x') },
            };
      const force = random.chance(0.5) ? '&force=true' : '';
      steps.push({ ...patchStep(`${at}?fieldManager=${random.pick(['m1', 'm2', 'kubectl'])}${force}`, 'apply-patch+yaml', config) });
    } else if (way < 8) steps.push(put(`${at}?fieldManager=web`, mutate(random, pool, object, 1)));
    else if (way < 9) steps.push(patchStep(`${at}?fieldManager=m3`, 'merge-patch+json', patchBody(random, pool, object)));
    else if (sample.status !== undefined)
      steps.push(
        patchStep(`${at}/status?fieldManager=m1`, 'apply-patch+yaml', {
          apiVersion,
          kind,
          metadata: { name: nameOf(sample, 'x') },
          status: partOf(random, sample.status),
        }),
      );
  }
  return [...steps, get(at)];
};

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const table = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path, at } = sampleAndObject(kit);
  const steps = [post(path, random.chance(0.4) ? mutate(random, pool, object, 1) : object)];
  if (sample.status !== undefined)
    steps.push(put(`${at}/status`, { ...object, status: mutate(random, pool, sample.status, random.below(4)) }));
  const include = random.pick(['', '?includeObject=None', '?includeObject=Object', '?includeObject=Metadata']);
  steps.push(get(`${at}${include}`, { Accept: TABLE }));
  if (sample.namespaced)
    steps.push(
      get(path, {
        Accept: random.pick([TABLE, `${TABLE},application/json`, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io']),
      }),
    );
  return steps;
};

const LABEL_SELECTORS = [
  'app=x',
  'app!=x',
  'app==x,tier in (web, db)',
  'tier notin (web)',
  '!tier',
  'tier',
  'app in ()',
  'n>5',
  'n<5',
  'app=',
  'a b',
  'app in (x',
  'x=y=z',
  ',',
  'app=x,',
  'in=in',
  '',
  'n>x',
  'app=x y',
  '(',
  'a/b/c',
  '-a',
  'app notin (x),n',
  'A_.-9/x=1',
  '!',
  '!!a',
  'a!b',
  'a in(b)',
  'a  =  b',
  'notin',
  'a=!b',
  'a=(b)',
  "a='b'",
  'a=b;c=d',
  'a>1,a<9',
  'in in (in)',
  'a=,b',
  'a==',
  'a!=',
  'a>',
  '=a',
  'ä=b',
  'a=b\n',
];
const FIELD_SELECTORS = [
  'metadata.name=x',
  'metadata.name!=x',
  'metadata.namespace={{ns}}',
  'spec.nodeName=',
  'status.phase=Running',
  'status.phase!=Running',
  'type=Opaque',
  'spec.type=ClusterIP',
  'x=y',
  'metadata.name',
  'metadata.name=x,metadata.name=y',
  'metadata.labels=x',
  'spec.unschedulable=true',
  'reason=R',
  'involvedObject.kind=Pod',
  'metadata.name=\\,',
  'a=b=c',
  '=',
  'metadata.name==x',
  'status.successful=1',
  'spec.restartPolicy=Always',
  'metadata.name=x\\',
  'metadata.name>x',
  ',',
  'metadata.name=x,',
  '\\=a=b',
  'spec.hostNetwork=false',
  'status.podIP=10.0.0.9',
  'status.replicas=1',
];

const read = (kit) => {
  const { random } = kit;
  const own = random.pick(SAMPLES.filter(({ namespaced }) => namespaced));
  const path = collectionOf(own);
  const steps = ['x', 'y', 'z'].map((name, i) =>
    post(path, objectOf(own, name, { labels: [{ app: 'x', n: '3' }, { app: 'y', tier: 'db', n: '7' }, {}][i] })),
  );
  for (let i = 0; i < 4; i++) {
    const query = new URLSearchParams();
    if (random.chance(0.5)) query.set('labelSelector', random.pick(LABEL_SELECTORS));
    if (random.chance(0.5)) query.set('fieldSelector', random.pick(FIELD_SELECTORS));
    if (random.chance(0.3)) query.set('limit', random.pick(['1', '2', '3', '0', '-1', 'x', '']));
    if (random.chance(0.15)) query.set('resourceVersion', random.pick(['0', 'x', '-1', '1', '{{0.metadata.resourceVersion}}']));
    if (random.chance(0.15)) query.set('resourceVersionMatch', random.pick(['Exact', 'NotOlderThan', 'x']));
    if (random.chance(0.1)) query.set('continue', random.pick(['x', 'e30', '{{3.metadata.continue}}']));
    if (random.chance(0.08)) query.set('timeoutSeconds', random.pick(['1', '0', '-1', 'x']));
    if (random.chance(0.08))
      query.set(
        random.pick(['pretty', 'watch', 'allowWatchBookmarks', 'sendInitialEvents', 'Limit', 'kind']),
        random.pick(['true', 'false', '0', '']),
      );
    const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
    const watches = query.has('watch') && !['false', '0'].includes(query.get('watch'));
    steps.push({ ...get(`${path}?${text}`), ...(watches && { watch: true }) });
  }
  return steps;
};

const ACCEPTS = [
  'application/json',
  '*/*',
  'application/*',
  'text/plain',
  'application/yaml',
  'text/html',
  '',
  'application/json;q=0.5, application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf,application/json',
  TABLE,
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=X;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1',
  'application/cbor',
  'application/json;stream=watch',
  'application/json;pretty=1',
  'APPLICATION/JSON',
  'application/json; charset=utf-8',
  'x',
  'application/yaml;as=Table;v=v1;g=meta.k8s.io,application/yaml',
  '*/*;q=0',
];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

const path = (kit) => {
  const { random } = kit;
  const { sample, object, path: collection, at } = sampleAndObject(kit);
  const parts = [
    ...(sample.namespaced ? [collection] : []),
    at,
    at,
    `${at}/status`,
    `${at}/scale`,
    `${at}/x`,
    `${collection}/`,
    `${at}/`,
    `/${collection}`,
    collection.replace('/v1', '/v2'),
    collection.replace(/\/[^/]*$/, '/nope'),
    `${collection}/nope`,
    collection.replace('/namespaces/{{ns}}', ''),
    `${at}/finalize`,
    `${at}/log`,
    `${at}/eviction`,
    `${at}/binding`,
    `${at}/ephemeralcontainers`,
    `${at}/resize`,
    `${at}/token`,
    `${at}/proxy`,
    `${at}/approval`,
    `${at}/status/x`,
  ];
  const steps = [post(collection, object)];
  for (let i = 0; i < 5; i++) {
    const method = random.pick(METHODS);
    const headers = {
      ...(random.chance(0.6) && { Accept: random.pick(ACCEPTS) }),
      ...(random.chance(0.2) && {
        'Content-Type': random.pick([
          'application/json',
          'application/yaml',
          'text/plain',
          '',
          'application/merge-patch+json',
          'application/vnd.kubernetes.protobuf',
          'application/json;charset=utf-8',
          'x',
        ]),
      }),
    };
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? (random.chance(0.7) ? object : random.pick(ODD_VALUES)) : undefined;
    steps.push({
      method,
      path: `${random.pick(parts)}${random.pick(['', '', '', '?pretty=true', '?x=y', '?dryRun=All', '?dryRun=x', '?force=true', '?fieldManager=%00', '?fieldValidation=x'])}`,
      headers,
      ...(body !== undefined && { body }),
    });
  }
  return sample.plural === 'namespaces' ? steps.slice(0, 2) : steps;
};

const deleteOptions = (random) => {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions' };
  if (random.chance(0.3)) body.gracePeriodSeconds = random.pick([0, 1, 5, 60, -1, null]);
  if (random.chance(0.4)) body.propagationPolicy = random.pick(['Foreground', 'Background', 'Orphan', 'x', '']);
  if (random.chance(0.1)) body.orphanDependents = random.pick([true, false]);
  if (random.chance(0.2))
    body.preconditions = random.pick([
      { uid: '{{0.metadata.uid}}' },
      { uid: 'x' },
      { resourceVersion: '{{0.metadata.resourceVersion}}' },
      { resourceVersion: '1' },
      {},
    ]);
  if (random.chance(0.15)) body.dryRun = random.pick([['All'], ['x'], []]);
  return body;
};

const FINALIZERS = [
  undefined,
  undefined,
  ['example.com/f'],
  ['example.com/a', 'example.com/b'],
  ['orphan'],
  ['foregroundDeletion'],
  ['orphan', 'example.com/f'],
  ['kubernetes'],
  ['x'],
  [''],
];

const remove = (kit) => {
  const { random, pool } = kit;
  const { sample, object, path: collection, at } = sampleAndObject(kit);
  const finalizers = random.pick(FINALIZERS);
  const made = { ...object, metadata: { ...object.metadata, ...(finalizers && { finalizers }) } };
  if (sample.kind === 'Pod' && random.chance(0.6)) made.spec = { ...made.spec, nodeName: 'n1' };
  const steps = [post(collection, made)];
  for (let i = 0; i < 4; i++) {
    const way = random.below(8);
    const query = random.pick([
      '',
      '',
      '',
      '',
      '?dryRun=All',
      '?propagationPolicy=Foreground',
      '?gracePeriodSeconds=0',
      '?orphanDependents=true',
      '?gracePeriodSeconds=x',
      '?propagationPolicy=x',
    ]);
    if (way < 4) steps.push({ method: 'DELETE', path: `${at}${query}`, ...(random.chance(0.7) && { body: deleteOptions(random) }) });
    else if (way < 5)
      steps.push(patchStep(at, 'merge-patch+json', { metadata: { finalizers: random.pick([null, [], ...FINALIZERS.filter(Boolean)]) } }));
    else if (way < 6) steps.push(put(at, mutate(random, pool, made, 1)));
    else if (way < 7 && sample.namespaced)
      steps.push({
        method: 'DELETE',
        path: `${collection}${random.pick(['', '?labelSelector=app%3Dx', '?fieldSelector=metadata.name%3Dx', '?dryRun=All', '?limit=1'])}`,
        ...(random.chance(0.5) && { body: deleteOptions(random) }),
      });
    else steps.push(get(at));
  }
  return [...steps, get(at)];
};

const watch = (kit) => {
  const { random } = kit;
  const own = random.pick(SAMPLES.filter(({ namespaced, plural }) => namespaced && plural !== 'events'));
  const collection = collectionOf(own);
  const steps = [post(collection, objectOf(own, 'x', { labels: { app: 'x' } }))];
  for (let i = 0; i < 6; i++) {
    const name = random.pick(['x', 'y']);
    const labels = random.pick([{ app: 'x' }, { app: 'y' }, null]);
    const way = random.below(6);
    if (way < 2) steps.push(post(collection, objectOf(own, name, { labels: labels ?? {} })));
    else if (way < 5)
      steps.push(
        patchStep(`${collection}/${name}`, 'merge-patch+json', {
          metadata: { labels: random.pick([labels, { app: null }]), annotations: random.chance(0.5) ? { n: `${i}` } : undefined },
        }),
      );
    else steps.push({ method: 'DELETE', path: `${collection}/${name}`, body: { gracePeriodSeconds: 0 } });
  }
  const query = new URLSearchParams({
    watch: '1',
    resourceVersion: random.pick(['', '0', '{{0.metadata.resourceVersion}}', '{{0.metadata.resourceVersion}}', '1']),
  });
  if (random.chance(0.5)) query.set('labelSelector', random.pick(['app=x', 'app!=x', 'app', '!app']));
  if (random.chance(0.25)) query.set('fieldSelector', 'metadata.name=x');
  if (random.chance(0.3)) query.set('allowWatchBookmarks', 'true');
  if (random.chance(0.25)) {
    query.set('sendInitialEvents', random.pick(['true', 'false']));
    query.set('resourceVersionMatch', random.pick(['NotOlderThan', 'NotOlderThan', 'Exact']));
  }
  const accept = random.chance(0.3)
    ? {
        Accept: random.pick([
          TABLE,
          'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
          'application/yaml',
          'application/json;stream=watch',
        ]),
      }
    : undefined;
  const text = query.toString().replaceAll('%7B', '{').replaceAll('%7D', '}');
  return [...steps, { ...get(`${collection}?${text}`, accept), watch: true }];
};

/** Bodies that are no object of what they are sent to: texts that are damaged, fields given twice, YAML. */
const text = (kit) => {
  const { random, pool } = kit;
  const { object, path: collection, at } = sampleAndObject(kit);
  const damage = (whole) => {
    const place = random.below(whole.length);
    const way = random.below(6);
    if (way < 2) return whole.slice(0, place) + whole.slice(place + 1 + random.below(3));
    if (way < 4)
      return (
        whole.slice(0, place) +
        random.pick(['"', ',', '{', '}', ':', '[', ']', '\\', '\u0000', 'x', '1', ' ', '\t', '\n', '/', 'é']) +
        whole.slice(place)
      );
    if (way < 5) return `${whole}${random.pick(['}', ' ', '{}', ',', 'x', '\n---\na: b'])}`;
    return whole.replace(/"([A-Za-z]+)":/, (all, key) => `"${key}":null,${all}`);
  };
  const query = random.pick(['', '?fieldValidation=Strict', '?fieldValidation=Warn']);
  return [
    { method: 'POST', path: `${collection}${query}`, text: damage(JSON.stringify(mutate(random, pool, object, random.below(2)))) },
    {
      method: 'PUT',
      path: `${at}${query}`,
      text: damage(JSON.stringify(object)),
      headers: random.chance(0.3) ? { 'Content-Type': 'application/yaml' } : {},
    },
    post(collection, object),
    {
      method: 'PATCH',
      path: `${at}${query}`,
      headers: {
        'Content-Type': `application/${random.pick(['merge-patch+json', 'json-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'])}`,
      },
      text: damage(JSON.stringify({ metadata: { labels: { a: 'b' } } })),
    },
  ];
};

/** A script of a corpus with some of its requests changed. */
const replayed = (kit) => {
  const { random, pool, corpus } = kit;
  if (corpus.scripts.length === 0) return create(kit);
  const script = structuredClone(random.pick(corpus.scripts));
  const steps = script.steps.filter(({ method }) => method !== undefined);
  for (let i = 0; i < 1 + random.below(2); i++) {
    const step = random.pick(steps);
    if (step?.body !== undefined && step.body !== null && typeof step.body === 'object')
      step.body = mutate(random, pool, step.body, 1 + random.below(2));
  }
  return { ...script, steps };
};

const scaleAndParts = (kit) => {
  const { random, pool } = kit;
  const own = random.pick(
    SAMPLES.filter(({ plural }) => ['deployments', 'replicasets', 'statefulsets', 'replicationcontrollers'].includes(plural)),
  );
  const collection = collectionOf(own);
  const at = `${collection}/x`;
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x', namespace: '{{ns}}' }, spec: { replicas: 3 } };
  const steps = [post(collection, objectOf(own, 'x'))];
  for (let i = 0; i < 3; i++) {
    const way = random.below(4);
    if (way < 2) steps.push(put(`${at}/scale`, mutate(random, pool, scale, random.below(3))));
    else if (way < 3)
      steps.push(
        patchStep(`${at}/scale`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), {
          spec: { replicas: random.pick([0, 1, 7, -1, 'x', null, 1.5]) },
        }),
      );
    else
      steps.push(
        patchStep(`${at}/scale?fieldManager=m${random.below(2)}`, 'apply-patch+yaml', {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'x' },
          spec: { replicas: random.below(5) },
        }),
      );
  }
  return [...steps, get(`${at}/scale`), get(at)];
};

/** The kinds of questions: each makes the steps of one script from random choices. */
export const QUESTIONS = {
  create,
  update,
  status,
  'patch-json': patchJson,
  'patch-merge': patchMerge,
  'patch-strategic': patchStrategic,
  'patch-apply': patchApply,
  table,
  read,
  path,
  delete: remove,
  watch,
  text,
  scale: scaleAndParts,
  corpus: replayed,
};

/** What of a corpus of scripts and objects the questions are made of. */
export const readCorpus = (scripts, objects) => {
  const byKind = new Map();
  const bodies = scripts.flatMap(({ steps }) => steps.map(({ body }) => body)).filter(isMap);
  for (const object of [...bodies, ...objects]) {
    if (typeof object.kind !== 'string' || sampleOf(object) === undefined) continue;
    byKind.set(object.kind, [...(byKind.get(object.kind) ?? []), object]);
  }
  return { scripts, objects: byKind };
};

/** One script of a kind of questions. */
export const askQuestion = (kind, kit) => {
  const made = QUESTIONS[kind](kit);
  return Array.isArray(made) ? { steps: made } : made;
};
