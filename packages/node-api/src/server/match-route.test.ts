import { expect, it } from 'vitest';
import { routeMatcher } from './match-route.js';
import type { Route } from './route.js';

const route = (path: string, methods: Route['methods'] = ['GET']): Route => ({ path, methods, role: 'read' });
const match = routeMatcher([
  route('/healthz'),
  route('/healthz/:check'),
  route('/run/:namespace/:pod/:container', ['POST']),
  route('/run/:namespace/:pod/:uid/:container', ['POST']),
  route('/logs/*'),
]);
const found = (method: string, path: string): unknown => {
  const matched = match(method, path.split('/').slice(1));
  return typeof matched === 'object' ? [matched.route.path, matched.params] : matched;
};

it.each([
  ['GET', '/healthz', ['/healthz', {}]],
  ['GET', '/healthz/', ['/healthz', {}]],
  ['GET', '/healthz/ping', ['/healthz/:check', { check: 'ping' }]],
  ['POST', '/healthz', 'otherMethod'],
  ['GET', '/Healthz', undefined],
  ['POST', '/run/ns/a%20b/c', ['/run/:namespace/:pod/:container', { namespace: 'ns', pod: 'a b', container: 'c' }]],
  ['POST', '/run/ns/pod/uid/c', ['/run/:namespace/:pod/:uid/:container', { namespace: 'ns', pod: 'pod', uid: 'uid', container: 'c' }]],
  ['POST', '/run/ns//c', undefined],
  ['POST', '/run/ns/%zz/c', undefined],
  ['POST', `/run/ns/${'x'.repeat(301)}/c`, undefined],
  ['GET', '/logs', ['/logs/*', { '*': '' }]],
  ['GET', '/logs/', ['/logs/*', { '*': '' }]],
  ['GET', '/logs/a/b%2fc', ['/logs/*', { '*': 'a/b/c' }]],
  ['GET', '/logs/%', undefined],
  ['GET', '/', undefined],
  ['GET', '//healthz', undefined],
])('%s %s', (method, path, expected) => expect(found(method, path)).toEqual(expected));
