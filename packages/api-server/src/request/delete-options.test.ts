import { expect, it } from 'vitest';
import { askCore, createCore } from '../testing/ask-core.js';

it('options of another kind are said in the version that options have by themselves', () => {
  const ask = askCore();
  const told = (path: string, body: object) => ask('DELETE', path, body).value.message;
  const scheme = 'in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"';
  expect(told('configmaps/x', { kind: 'Pod' })).toBe(`no kind "Pod" is registered for version "meta.k8s.io/v1" ${scheme}`);
  expect(told('configmaps/x', { kind: 'Pod', apiVersion: 'v1' })).toBe(`no kind "Pod" is registered for version "v1" ${scheme}`);
  expect(told('configmaps/x', [])).toContain("couldn't get version/kind; json parse error: json: cannot unmarshal array");
});

it('fields that nothing can be selected by are said before the options are read', () => {
  const ask = askCore();
  expect(ask('DELETE', 'pods?fieldSelector=x%3Dy', []).value.message).toBe('field label not supported: x');
  const jobs = '/apis/batch/v1/namespaces/default/jobs?fieldSelector=x%3Dy';
  expect(ask('GET', jobs).value.message).toBe('field label "x" not supported for Job');
  const sets = '/apis/apps/v1/namespaces/default/replicasets?fieldSelector=status.replicas%3D1';
  expect(ask('GET', sets).value.message).toContain('"status.replicas" is not a known field selector');
});

it('a collection as it was at a version is deleted but for what is gone already', () => {
  const ask = askCore();
  for (const name of ['a', 'b']) ask('POST', 'configmaps', { metadata: { name } });
  const version = ask('GET', 'configmaps').value.metadata.resourceVersion;
  ask('DELETE', 'configmaps/a');
  const { code, value } = ask('DELETE', `configmaps?resourceVersion=${version}`);
  expect([code, value.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)]).toEqual([200, ['a', 'b']]);
  expect(ask('GET', 'configmaps').value.items).toEqual([]);
});

it('a grace period without a number is none', () => {
  const target = '/api/v1/namespaces/default/pods/x?gracePeriodSeconds=';
  const answer = createCore().handle({ method: 'DELETE', target, headers: {}, body: new Uint8Array(), nowMs: 0 });
  expect(answer.type === 'answer' && JSON.parse(String(answer.body)).message).toBe('strconv.ParseInt: parsing "": invalid syntax');
});

it('an event that names no reporting component is not selected by its source', () => {
  const ask = askCore();
  const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default' };
  ask('POST', 'events', { metadata: { name: 'e' }, involvedObject, reason: 'R', source: { component: 'c' } });
  expect(ask('GET', 'events?fieldSelector=reportingComponent%3D').value.items).toHaveLength(1);
  expect(ask('GET', 'events?fieldSelector=source%3Dc').value.items).toHaveLength(1);
});
