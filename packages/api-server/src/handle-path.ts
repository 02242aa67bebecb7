import type { RequestContext } from './context.js';
import { headerOf } from './context.js';
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions, openApiIndex } from './discovery/discovery-documents.js';
import { openApiDocument } from './discovery/openapi-document.js';
import { OPENAPI_V2_REQUEST, OPENAPI_V2_TYPE, openApiV2 } from './discovery/openapi-v2.js';
import { serverVersion } from './discovery/version.js';
import { AGGREGATED, checkAccepted, MEDIA_TYPES, negotiate, negotiateAggregated, OBJECT_TYPES } from './request/media-types.js';
import { wantsIndented } from './request/wants-indented.js';
import { catalogOf } from './resources/resource-catalog.js';
import { type PlainAnswer, textAnswer, valueAnswer } from './respond/answer.js';
import { methodNotAllowed, noSuchResource } from './status/api-error.js';

const NOT_FOUND = '404 page not found\n';

export const pageNotFound = (): PlainAnswer => textAnswer(404, NOT_FOUND);

/** Paths that no router stands before: their forms are chosen alone by what the client takes. */
const isGroupPath = (path: string): boolean => /^\/apis(\/[^/]+)?\/?$/.test(path);

const indented = (ctx: RequestContext): boolean => wantsIndented(ctx.query, headerOf(ctx.request, 'user-agent'));

const json = (ctx: RequestContext, value: object): PlainAnswer => {
  if (!isGroupPath(ctx.info.path)) checkAccepted(headerOf(ctx.request, 'accept'), OBJECT_TYPES);
  const output = negotiate(headerOf(ctx.request, 'accept'), { transforms: false });
  return valueAnswer(200, { ...output, pretty: indented(ctx) || output.pretty }, value);
};

const discovery = (ctx: RequestContext, path: 'api' | 'apis', plain: object): PlainAnswer => {
  const language = negotiateAggregated(headerOf(ctx.request, 'accept'));
  if (language !== undefined) {
    const answer = valueAnswer(200, { language, pretty: indented(ctx) }, aggregated(catalogOf(ctx.parts), path));
    return { ...answer, headers: [['Content-Type', `${MEDIA_TYPES[language]};${AGGREGATED}`]] };
  }
  return json(ctx, plain);
};

/** An FNV hash in hexadecimal: tells documents apart, no more. */
const hashOf = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).toUpperCase().padStart(8, '0').repeat(8);
};

const CHECKS = ['ping', 'log', 'etcd'];

const health = (ctx: RequestContext, kind: string, check: string): PlainAnswer => {
  const names = kind === 'readyz' ? [...CHECKS, 'informer-sync', 'shutdown'] : CHECKS;
  if (check !== '') return names.includes(check) ? textAnswer(200, 'ok') : pageNotFound();
  if (!ctx.query.has('verbose')) return textAnswer(200, 'ok');
  const excluded = new Set(ctx.query.getAll('exclude'));
  const lines = names.map((name) => (excluded.has(name) ? `[+]${name} excluded: ok` : `[+]${name} ok`));
  return textAnswer(200, `${[...lines, `${kind} check passed`].join('\n')}\n`);
};

const version = (ctx: RequestContext): PlainAnswer => {
  checkAccepted(headerOf(ctx.request, 'accept'), ['application/json']);
  return { type: 'answer', code: 200, headers: [['Content-Type', 'application/json']], body: JSON.stringify(serverVersion, null, 2) };
};

const openApi = (ctx: RequestContext, path: string): PlainAnswer => {
  const document = openApiDocument(catalogOf(ctx.parts), path, ctx.parts.describeField?.());
  if (document === undefined) return { type: 'answer', code: 404, headers: [], body: '' };
  const text = JSON.stringify(document);
  const hash = hashOf(path);
  const given = ctx.query.get('hash');
  if (given !== null && given !== '' && given !== hash) {
    return { type: 'answer', code: 301, headers: [['Location', `/openapi/v3/${path}?hash=${hash}`]], body: '' };
  }
  return {
    type: 'answer',
    code: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['Etag', `"${hash}"`],
    ],
    body: text,
  };
};

/** The root: every path that there is. */
const root = (ctx: RequestContext): PlainAnswer =>
  json(ctx, {
    paths: [
      '/api',
      '/api/v1',
      '/apis',
      ...catalogOf(ctx.parts).groupNames.map((group) => `/apis/${group}`),
      '/healthz',
      '/livez',
      '/openapi/v2',
      '/openapi/v3',
      '/readyz',
      '/version',
    ],
  });

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** What there is to count. */
const metricsText = (ctx: RequestContext): string =>
  [
    '# HELP apiserver_storage_resource_version The version of the last write.',
    '# TYPE apiserver_storage_resource_version gauge',
    `apiserver_storage_resource_version ${ctx.parts.store.version}`,
    '',
  ].join('\n');

/** The checks behind `/healthz` and `/livez`, as metrics: a server in memory that answers at all passes them. */
const HEALTH_METRICS = [
  '# HELP kubernetes_healthcheck Whether each health check passes.',
  '# TYPE kubernetes_healthcheck gauge',
  ...['healthz', 'livez'].flatMap((type) => CHECKS.map((name) => `kubernetes_healthcheck{name="${name}",type="${type}"} 1`)),
  '',
].join('\n');

/** Answers what is no object: discovery, health, version, OpenAPI. */
export const handlePath = (ctx: RequestContext): PlainAnswer => {
  const { path } = ctx.info;
  const { method } = ctx.request;
  const parts = path.slice(1).split('/');
  const [first = '', second = '', third = ''] = parts;
  const isBare = parts.length === 1 || (parts.length === 2 && second === '');
  const mustGet = (): void => {
    if (method !== 'GET') throw methodNotAllowed();
  };
  switch (first) {
    case '':
      return parts.length === 1 ? root(ctx) : pageNotFound();
    case 'api':
      if (isBare) {
        mustGet();
        return discovery(ctx, 'api', apiVersions(headerOf(ctx.request, 'host')));
      }
      return resourceList(ctx, '', second, parts.slice(2));
    case 'apis':
      if (isBare) {
        mustGet();
        return discovery(ctx, 'apis', apiGroupList(catalogOf(ctx.parts)));
      }
      if (parts.length === 2 || (parts.length === 3 && third === '')) {
        if (!catalogOf(ctx.parts).groupNames.includes(second)) return pageNotFound();
        mustGet();
        return json(ctx, apiGroup(catalogOf(ctx.parts), second));
      }
      return resourceList(ctx, second, third, parts.slice(3));
    case 'healthz':
    case 'livez':
    case 'readyz':
      return parts.length > 2 || (parts.length === 2 && second === '') ? pageNotFound() : health(ctx, first, second);
    case 'metrics':
      if (path === '/metrics') return textAnswer(200, metricsText(ctx), METRICS_TYPE);
      return path === '/metrics/slis' ? textAnswer(200, HEALTH_METRICS, METRICS_TYPE) : pageNotFound();
    case 'version':
      if (!isBare) return pageNotFound();
      mustGet();
      return version(ctx);
    case 'openapi':
      if (second === 'v3')
        return parts.length === 2
          ? textAnswer(200, JSON.stringify(openApiIndex(catalogOf(ctx.parts), hashOf)))
          : openApi(ctx, parts.slice(2).join('/'));
      if (second === 'v2' && parts.length === 2 && headerOf(ctx.request, 'accept').includes(OPENAPI_V2_REQUEST)) {
        const body = openApiV2(catalogOf(ctx.parts), serverVersion.gitVersion);
        return { type: 'answer', code: 200, headers: [['Content-Type', OPENAPI_V2_TYPE]], body };
      }
      if (second === 'v2' && parts.length === 2) {
        return {
          type: 'answer',
          code: 200,
          headers: [['Content-Type', 'application/json']],
          body: JSON.stringify({
            swagger: '2.0',
            info: { title: 'Kubernetes', version: serverVersion.gitVersion },
            paths: {},
            definitions: {},
          }),
        };
      }
      return pageNotFound();
    default:
      return pageNotFound();
  }
};

const resourceList = (ctx: RequestContext, group: string, wanted: string, rest: readonly string[]): PlainAnswer => {
  const catalog = catalogOf(ctx.parts);
  if (!catalog.hasGroupVersion(group, wanted)) {
    if (catalog.hasGroup(group)) throw noSuchResource();
    return pageNotFound();
  }
  if (rest.length > 0 && !(rest.length === 1 && rest[0] === '')) throw noSuchResource();
  if (ctx.request.method !== 'GET') throw methodNotAllowed();
  return json(ctx, apiResourceList(catalogOf(ctx.parts), group, wanted));
};
