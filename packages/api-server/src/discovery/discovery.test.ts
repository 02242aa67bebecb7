import { decodeProtobuf } from '@solo-kubelet/api-protobuf';
import { describe, expect, it } from 'vitest';
import { createCore } from '../testing/ask-core.js';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const AGGREGATED = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const get = (target: string, accept: string) => {
  const answer = createCore().handle({ method: 'GET', target, headers: { accept, host: 'h:1' }, body: new Uint8Array(), nowMs: 0 });
  if (answer.type !== 'answer') throw new Error(answer.type);
  return { code: answer.code, type: new Map(answer.headers).get('Content-Type'), body: answer.body };
};
const read = (body: string | Uint8Array) => {
  const result = decodeProtobuf(body as Uint8Array);
  if (!result.ok) throw new Error(result.message);
  return result.object;
};

describe('discovery', () => {
  it.each([
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/apps', 'APIGroup'],
    ['/api/v1', 'APIResourceList'],
    ['/apis/apps/v1', 'APIResourceList'],
  ])('of %s can be had in protobuf and says the same as in JSON', (target, kind) => {
    const { code, type, body } = get(target, PROTOBUF);
    expect([code, type]).toEqual([200, PROTOBUF]);
    const { apiVersion: _version, ...object } = read(body);
    const { apiVersion: _none, ...wanted } = JSON.parse(String(get(target, 'application/json').body));
    expect(object).toMatchObject({ kind });
    // A field that is empty is none in protobuf.
    const isEmpty = (value: unknown): boolean => value === '' || value === false;
    const bare = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_key, each: unknown) => (isEmpty(each) ? undefined : each));
    expect(bare(object)).toEqual(bare(wanted));
  });

  it.each([
    [`${PROTOBUF};${AGGREGATED}`, `${PROTOBUF};${AGGREGATED}`],
    [`application/json;${AGGREGATED}`, `application/json;${AGGREGATED}`],
    [`application/yaml;${AGGREGATED}`, `application/yaml;${AGGREGATED}`],
    [`*/*;${AGGREGATED}`, `application/json;${AGGREGATED}`],
    // What is asked for beside it does not count.
    [`application/json,application/json;${AGGREGATED}`, `application/json;${AGGREGATED}`],
    [`${PROTOBUF};${AGGREGATED},application/json;${AGGREGATED},application/json`, `${PROTOBUF};${AGGREGATED}`],
    [`${PROTOBUF};g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`, 'application/json'],
  ])('in one document comes in the language that is asked for: %s', (accept, wanted) => {
    const { code, type, body } = get('/apis', accept);
    expect([code, type]).toEqual([200, wanted]);
    if (!type?.startsWith(PROTOBUF)) return;
    const { items } = read(body) as unknown as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
    expect(items.map(({ metadata }) => metadata.name)).toContain('apps');
  });

  it('in one document is there for the roots alone', () => {
    expect(get('/apis/apps', `${PROTOBUF};${AGGREGATED}`).code).toBe(406);
    expect(get('/apis', `text/plain;${AGGREGATED}`).code).toBe(406);
  });
});

it('the state of components can be asked for, and nothing else: there are none here', () => {
  const { code, body } = get('/api/v1/componentstatuses', 'application/json');
  expect([code, JSON.parse(String(body)).items]).toEqual([200, []]);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'FOO'])
    expect(
      createCore().handle({ method, target: '/api/v1/componentstatuses', headers: {}, body: new Uint8Array(), nowMs: 0 }),
    ).toMatchObject({ code: 405 });
  expect(get('/api/v1/componentstatuses?watch=1', 'application/json').code).toBe(405);
  expect(get('/api/v1/componentstatuses/etcd-0', 'application/json').code).toBe(404);
});
