import { once } from 'node:events';
import type { NodeView, Watchable } from '../node-view.js';
import { booleanParameter, sendJson, toJson } from '../server/http-error.js';
import type { RequestContext, Route } from '../server/route.js';

/** The lists: /pods, /allocatedPods, /events, /manifests, /sources, /objects, each also as a stream of changes with `?watch=true`; and /node. */
export const listRoutes = (view: NodeView): readonly Route[] => [
  listRoute('/pods', 'PodList', view.pods, true),
  ...(view.allocatedPods === undefined ? [] : [allocatedPodsRoute(view.allocatedPods)]),
  listRoute('/events', 'EventList', view.events),
  listRoute('/manifests', 'ManifestList', view.manifests),
  ...(view.sources === undefined ? [] : [listRoute('/sources', 'List', view.sources)]),
  ...(view.objects === undefined ? [] : [listRoute('/objects', 'List', view.objects)]),
  {
    methods: ['GET', 'HEAD'],
    path: '/node',
    role: 'read',
    handle: async ({ response, signal }) => sendJson(response, await view.node({ signal })),
  },
  {
    methods: ['GET', 'HEAD'],
    path: '/configz',
    role: 'read',
    subresources: ['configz', 'proxy'],
    handle: ({ response }) => sendJson(response, { kubeletconfig: view.configuration }),
  },
];

const allocatedPodsRoute = (allocatedPods: NonNullable<NodeView['allocatedPods']>): Route => ({
  methods: ['GET', 'HEAD'],
  path: '/allocatedPods',
  role: 'read',
  subresources: ['pods', 'proxy'],
  handle: ({ response }) => {
    const items = allocatedPods();
    sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items });
  },
});

const listRoute = (path: string, kind: string, source: Watchable<object>, readOnly = false): Route => ({
  methods: ['GET', 'HEAD'],
  path,
  role: 'read',
  ...(path === '/pods' ? { subresources: ['pods', 'proxy'] } : {}),
  readOnly,
  handle: async (exchange) => {
    if (booleanParameter(exchange.query, 'watch')) return sendChanges(exchange, source);
    const items = source.list();
    sendJson(exchange.response, { kind, apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items });
  },
});

/** One JSON document a line, as the Kubernetes API streams a watch: first what is there, then every change. */
const sendChanges = async ({ response, signal }: RequestContext, source: Watchable<object>): Promise<void> => {
  response.writeHead(200, { 'Content-Type': 'application/json;stream=watch', 'X-Content-Type-Options': 'nosniff' });
  response.flushHeaders();
  const changes = source.watch({ signal })[Symbol.asyncIterator]();
  const write = async (event: object): Promise<void> => {
    // A slow reader slows its own stream only; the signal ends the wait when it has gone.
    if (!response.write(`${toJson(event)}\n`)) await once(response, 'drain', { signal });
  };
  for (const object of source.list()) await write({ type: 'ADDED', object });
  for (let next = await changes.next(); !next.done; next = await changes.next()) await write(next.value);
  response.end();
};
