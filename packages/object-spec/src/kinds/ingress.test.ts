import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf, warningsOf } from '../testing/judge-text.js';

const ingress = judgeTexts('networking.k8s.io/v1', 'Ingress');
const backend = 'backend: {service: {name: a, port: {number: 80}}}';
const withPath = (path: string): string => `spec: {rules: [{http: {paths: [{${path}}]}}]}`;

describe('an Ingress', () => {
  it.each([
    [withPath(`path: /a, pathType: Exact, ${backend}`), []],
    [withPath(`pathType: ImplementationSpecific, ${backend}`), []],
    ['spec: {}', [expect.stringMatching(/^spec: Invalid value: .*: either `defaultBackend` or `rules` must be specified$/)]],
    [withPath(`path: /a, ${backend}`), ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified']],
    [
      withPath(`path: 'a//b/.', pathType: Prefix, ${backend}`),
      [
        'spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": must be an absolute path',
        'spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": must not contain \'//\'',
        'spec.rules[0].http.paths[0].path: Invalid value: "a//b/.": cannot end with \'/.\'',
      ],
    ],
    ['spec: {rules: [{http: {}}]}', ['spec.rules[0].http.paths: Required value']],
    ['spec: {rules: [{host: "*.a.b"}, {host: a.b}]}', []],
    [
      'spec: {rules: [{host: "*"}]}',
      [expect.stringContaining('host: Invalid value: "*": a wildcard DNS-1123 subdomain must start with \'*.\'')],
    ],
    ['spec: {rules: [{host: 10.0.0.1}]}', ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address']],
    ['spec: {defaultBackend: {}}', ['spec.defaultBackend: Invalid value: "": resource or service backend is required']],
    ['spec: {defaultBackend: {service: {name: 1a}}}', ['spec.defaultBackend: Required value: port name or number is required']],
    [
      'spec: {defaultBackend: {service: {name: a, port: {name: b, number: 1}}}}',
      ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
    ],
    [
      'spec: {defaultBackend: {resource: {kind: a/b, name: c}}}',
      ['spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain \'/\''],
    ],
    ['spec: {rules: [{host: a}], tls: [{secretName: A}]}', [expect.stringMatching(/^spec\.tls\[0\]\.secretName: Invalid value: "A": /)]],
  ])('%s', (body, messages) => expect(messagesOf(ingress.create(body))).toEqual(messages));

  const annotated = 'annotations: {kubernetes.io/ingress.class: a}';

  it('names one class, but may be changed to name two', () => {
    const body = 'spec: {ingressClassName: b, rules: [{host: a}]}';
    expect(messagesOf(ingress.create(body, annotated))).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
    expect(messagesOf(ingress.update(body, body, annotated))).toEqual([]);
  });

  it('is warned of the annotation, when it is new', () => {
    const body = 'spec: {rules: [{host: a}]}';
    expect(warningsOf(ingress.create(body, annotated))).toEqual([
      'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
    ]);
    expect(warningsOf(ingress.update(body, body, annotated))).toEqual([]);
  });
});
