import { describe, expect, it } from 'vitest';
import { parsePod } from './parse-pod.js';
import type { PodSpecIssue } from './pod-spec-issue.js';

const issuesOf = (spec: string): readonly PodSpecIssue[] => {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: web, uid: u1}\nspec:\n${spec.replace(/^/gm, '  ')}\n`;
  const result = parsePod(text, { path: 'pod.yaml', nodeName: 'node1' });
  return result.ok ? result.warnings : result.issues;
};
const container = (more: string): string => `containers: [{name: app, image: app, ${more}}]`;

describe('hints of values of the wrong kind', () => {
  it.each([
    ['args: [-p, 80]', 'put it in quotes'],
    ['env: [{name: PORT, value: 80}]', 'put it in quotes'],
    ['command: sleep 100', 'a list: start each item with "- "'],
    ['command: [echo, {a: b}]', 'a text that holds ": " must be in quotes'],
    ['stdin: "true"', 'leave out the quotes'],
    ['livenessProbe: {tcpSocket: {port: 1}, periodSeconds: "10"}', 'leave out the quotes'],
    ['livenessProbe: {tcpSocket: {port: 1}, periodSeconds: 10s}', 'a number alone, without a unit'],
    ['securityContext: {runAsUser: root}', ''],
    ['securityContext: {capabilities: [ALL]}', 'write its fields: add, drop'],
  ])('%s: %s', (more, hint) => {
    expect(issuesOf(container(more))[0]?.hint).toBe(hint);
  });
});

describe('hints of unknown fields', () => {
  it.each([
    [container('hostNetwork: true'), 'it is a field of spec'],
    [container('labels: {a: b}'), 'it is a field of metadata'],
    [`image: x\n${container('stdin: true')}`, 'it is a field of a container'],
    [container('resources: {cpu: 1}'), 'put it under limits or requests'],
    [container('livenesProbe: {}'), 'did you mean livenessProbe?'],
  ])('%s: %s', (spec, hint) => {
    expect(issuesOf(spec)[0]?.hint).toBe(hint);
  });
});

describe('what takes an API server', () => {
  it.each([
    ['serviceAccountName: robot\ncontainers: [{name: a, image: i}]', 'spec.serviceAccountName', 5],
    [
      'containers:\n- {name: a, image: i}\n- name: b\n  image: i\n  envFrom:\n  - configMapRef: {name: c}',
      'spec.containers[1].envFrom[0].configMapRef.name',
      10,
    ],
    [
      'containers: [{name: a, image: i}]\nvolumes:\n- {name: d, emptyDir: {}}\n- {name: p, persistentVolumeClaim: {claimName: c}}',
      'spec.volumes[1].persistentVolumeClaim',
      8,
    ],
  ])('is refused where it stands', (spec, field, line) => {
    expect(issuesOf(spec)).toEqual([expect.objectContaining({ code: 'API_REFERENCE', field, line })]);
  });
});
