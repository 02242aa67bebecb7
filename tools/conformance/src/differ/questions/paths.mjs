import { ODD_VALUES } from '../mutate.mjs';
import { TABLE } from './reads.mjs';
import { post, sampleAndObject } from './steps.mjs';

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

export const path = (kit) => {
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
