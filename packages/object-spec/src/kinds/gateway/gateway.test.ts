import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf } from '../../testing/judge-text.js';

const GATEWAY = 'gateway.networking.k8s.io/v1';
const gateway = judgeTexts(GATEWAY, 'Gateway');
const route = judgeTexts(GATEWAY, 'HTTPRoute');
const gatewayClass = judgeTexts(GATEWAY, 'GatewayClass');
const grant = judgeTexts('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant');
const said = (text: string) => expect.stringContaining(text);

describe('a Gateway', () => {
  it.each([
    ['listeners: [{name: a, port: 80, protocol: HTTP}]', []],
    ['listeners: [{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]', []],
    ['listeners: []', ['spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items']],
    [
      'listeners: [{name: A, port: 0, protocol: "?"}]',
      [
        said('spec.listeners[0].name: Invalid value: "A": should match'),
        'spec.listeners[0].port: Invalid value: 0: should be greater than or equal to 1',
        said('spec.listeners[0].protocol: Invalid value: "?": should match'),
      ],
    ],
    [
      'listeners: [{name: a, port: 443, protocol: HTTPS, tls: {}}]',
      [said('certificateRefs or options must be specified when mode is Terminate')],
    ],
    [
      'listeners: [{name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: c}]}}]',
      [said("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']")],
    ],
    [
      'listeners: [{name: a, port: 80, protocol: HTTP}, {name: a, port: 80, protocol: HTTP}]',
      [
        said('Listener name must be unique within the Gateway'),
        said('Combination of port, protocol and hostname must be unique for each listener'),
      ],
    ],
  ])('%s', (spec, messages) => expect(messagesOf(gateway.create(`spec: {gatewayClassName: x, ${spec}}`))).toEqual(messages));

  it('takes routes of its namespace alone unless it says otherwise', () =>
    expect(gateway.sound('spec: {gatewayClassName: x, listeners: [{name: a, port: 80, protocol: HTTP}]}')).toMatchObject({
      spec: { listeners: [{ allowedRoutes: { namespaces: { from: 'Same' } } }] },
    }));
});

describe('an HTTPRoute', () => {
  it.each([
    ['{backendRefs: [{name: a, port: 80}]}', []],
    ['{backendRefs: [{name: a}]}', [said('Must have port for Service reference')]],
    ['{matches: [{path: {value: a}}]}', [said("value must be an absolute path and start with '/' when type one of")]],
    ['{matches: [{path: {value: /a/../b}}]}', [said("must not contain '/../' when type one of ['Exact', 'PathPrefix']")]],
    ['{matches: [{path: {type: Like, value: /}}]}', [said('spec.rules[0].matches[0].path.type: Unsupported value: "Like"')]],
    ['{matches: [{method: get}]}', [said('spec.rules[0].matches[0].method: Unsupported value: "get"')]],
    ['{matches: [{headers: [{name: "a b", value: c}]}]}', [said('spec.rules[0].matches[0].headers[0].name: Invalid value: "a b"')]],
    ['{filters: [{type: URLRewrite}]}', [said('filter.urlRewrite must be specified for URLRewrite filter.type')]],
    [
      '{filters: [{type: URLRewrite, urlRewrite: {}}, {type: RequestRedirect, requestRedirect: {}}]}',
      [said('May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both')],
    ],
    [
      '{filters: [{type: RequestRedirect, requestRedirect: {}}], backendRefs: [{name: a, port: 80}]}',
      [said('RequestRedirect filter must not be used together with backendRefs')],
    ],
    [
      '{matches: [{path: {value: /a}}, {}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}',
      [said('When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified')],
    ],
    ['{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 200}}]}', [said('statusCode: Unsupported value: "200"')]],
  ])('%s', (rule, messages) => expect(messagesOf(route.create(`spec: {rules: [${rule}]}`))).toEqual(messages));

  it('has every request where it says nothing', () =>
    expect(route.sound('spec: {parentRefs: [{name: a}], rules: [{backendRefs: [{name: b, port: 1}]}]}')).toMatchObject({
      spec: {
        parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway' }],
        rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ kind: 'Service', weight: 1 }] }],
      },
    }));

  it('tells parents of one name apart', () =>
    expect(messagesOf(route.create('spec: {parentRefs: [{name: a}, {name: a}]}'))).toEqual([
      said('sectionName must be specified when parentRefs includes 2 or more references to the same parent'),
      said('sectionName must be unique when parentRefs includes 2 or more references to the same parent'),
    ]));
});

it('a GatewayClass keeps its controller', () => {
  expect(messagesOf(gatewayClass.create('spec: {controllerName: a}'))).toEqual([
    said('spec.controllerName: Invalid value: "a": should match'),
  ]);
  expect(messagesOf(gatewayClass.update('spec: {controllerName: a.b/c}', 'spec: {controllerName: a.b/d}'))).toEqual([
    'spec.controllerName: Invalid value: "a.b/d": field is immutable',
  ]);
});

it('a ReferenceGrant says who, and to what', () =>
  expect(messagesOf(grant.create('spec: {from: [{group: g, kind: K}], to: []}'))).toEqual([
    said('spec.to: Invalid value: 0'),
    'spec.from[0].namespace: Required value',
  ]));
