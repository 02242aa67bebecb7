import { expect, it } from 'vitest';
import { judgeTexts, messagesOf } from '../testing/judge-text.js';

const ingressClass = judgeTexts('networking.k8s.io/v1', 'IngressClass');

it.each([
  ['spec: {controller: a.b/c, parameters: {kind: A, name: b}}', []],
  ['spec: {}', ['spec.controller: Required value']],
  ['spec: {controller: a}', ['spec.controller: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")']],
  [
    'spec: {controller: "a/b c"}',
    [expect.stringContaining('spec.controller: Invalid value: "b c": Invalid path (regex used for validation is')],
  ],
  [
    'spec: {controller: a/b, parameters: {kind: A, name: b, scope: Namespace}}',
    ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ],
  [
    'spec: {controller: a/b, parameters: {kind: A, name: b, namespace: c}}',
    ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  ],
])('an IngressClass: %s', (body, messages) => expect(messagesOf(ingressClass.create(body))).toEqual(messages));

it.each([
  ['spec: {controller: c/d}', ['spec.controller: Invalid value: "c/d": field is immutable']],
  ['spec: {}', ['spec.controller: Invalid value: "": field is immutable', 'spec.controller: Required value']],
])('an IngressClass keeps its controller: %s', (body, messages) =>
  expect(messagesOf(ingressClass.update('spec: {controller: a/b}', body))).toEqual(messages),
);
