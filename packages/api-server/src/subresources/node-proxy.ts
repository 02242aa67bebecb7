import { createReport } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import { readInt } from '../request/query-options.js';
import { isOn } from '../request/request-info.js';
import type { ApiAnswer, NodeAnswer, PlainAnswer } from '../respond/answer.js';
import { ApiError, badRequest, internalError, invalid, notFound } from '../status/api-error.js';
import type { StoredObject, Values } from '../stored-object.js';

const PODS = { group: '', name: 'pods' };

const podOf = (ctx: RequestContext): StoredObject => {
  const { namespace, name } = ctx.info;
  const pod = ctx.parts.store.get('pods', `${namespace}/${name}`);
  if (pod === undefined) throw notFound(PODS, name);
  return pod;
};

const namesOf = (pod: StoredObject, part: string): readonly string[] =>
  ((pod.spec?.[part] ?? []) as readonly Values[]).map(({ name }) => name as string);

/** The container that is meant, where it need not be said. @throws ApiError 400 */
const containerOf = (pod: StoredObject, wanted: string): string => {
  const containers = namesOf(pod, 'containers');
  const init = namesOf(pod, 'initContainers');
  const ephemeral = namesOf(pod, 'ephemeralContainers');
  const { name = '' } = pod.metadata;
  if (wanted !== '') {
    if (![...containers, ...init, ...ephemeral].includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
    return wanted;
  }
  if (containers.length === 1) return containers[0]!;
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${[...init, ...containers, ...ephemeral].join(' ')}]`,
  );
};

/** What has to be fetched from a node: there is none that answers here, and so it is the words for that. @throws ApiError */
const throughNode = (ctx: RequestContext, nodeName: string): never => {
  const node = ctx.parts.store.get('nodes', nodeName);
  if (node === undefined) throw notFound(PODS, nodeName);
  throw internalError(`no preferred addresses found; known addresses: []`);
};

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** What may be asked of a log (validation.ValidatePodLogOptions). @throws ApiError 400, 422 */
const checkLogOptions = (ctx: RequestContext): void => {
  const { query } = ctx;
  const report = createReport();
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null || text === '' ? undefined : readInt(text);
  };
  const [tailLines, limitBytes, sinceSeconds] = [number('tailLines'), number('limitBytes'), number('sinceSeconds')];
  const sinceTime = query.get('sinceTime');
  if (sinceTime && !RFC3339.test(sinceTime)) {
    const layout = '2006-01-02T15:04:05Z07:00';
    throw badRequest(
      `parsing time ${JSON.stringify(sinceTime)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(sinceTime)} as "2006"`,
    );
  }
  if (tailLines !== undefined && tailLines < 0) report.invalid('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) report.invalid('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime) report.forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  else if (sinceSeconds !== undefined && sinceSeconds < 1) report.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0');
  if (query.has('stream')) report.forbidden('stream', 'may not be specified');
  if (report.errors.length > 0) throw invalid({ group: '', name: 'PodLogOptions' }, ctx.info.name, report.errors);
};

const LOG_OPTIONS = ['follow', 'previous', 'timestamps', 'tailLines', 'limitBytes', 'sinceSeconds', 'sinceTime', 'stream'];

/** A path of the kubelet's API from parts that are names. */
const nodePath = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** `pods/NAME/log`. */
export const podLog = (ctx: RequestContext): PlainAnswer | NodeAnswer => {
  checkLogOptions(ctx);
  const { namespace, name } = ctx.info;
  const pod = podOf(ctx);
  const container = containerOf(pod, ctx.query.get('container') ?? '');
  const nodeName = (pod.spec?.['nodeName'] ?? '') as string;
  if (nodeName === '') return { type: 'answer', code: 204, headers: [], body: '' };
  if (nodeName !== ctx.parts.nodeName) return throughNode(ctx, nodeName);
  const query = new URLSearchParams();
  for (const option of LOG_OPTIONS) {
    const value = ctx.query.get(option);
    if (value !== null && value !== '') query.set(option, value);
  }
  return { type: 'node', target: `${nodePath('containerLogs', namespace, name, container)}?${query}`, isStream: false };
};

const STREAM_FLAGS = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
] as const;

/** exec, attach and port-forward. */
export const podStream = (ctx: RequestContext): PlainAnswer | NodeAnswer => {
  const { namespace, name, subresource } = ctx.info;
  const pod = podOf(ctx);
  const container = subresource === 'portforward' ? '' : containerOf(pod, ctx.query.get('container') ?? '');
  const nodeName = (pod.spec?.['nodeName'] ?? '') as string;
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (nodeName !== ctx.parts.nodeName) return throughNode(ctx, nodeName);
  const query = new URLSearchParams();
  if (subresource === 'portforward') {
    for (const port of ctx.query.getAll('ports')) query.append('port', port);
    return { type: 'node', target: `${nodePath('portForward', namespace, name)}?${query}`, isStream: true };
  }
  for (const [theirs, ours] of STREAM_FLAGS) if (isOn(ctx.query.get(theirs))) query.set(ours, '1');
  if (subresource === 'exec') for (const word of ctx.query.getAll('command')) query.append('command', word);
  return { type: 'node', target: `${nodePath(subresource, namespace, name, container)}?${query}`, isStream: true };
};

const noHost = (): ApiError => badRequest('address not allowed');

/** Proxies to Pods, Services and nodes. */
export const proxy = (ctx: RequestContext): ApiAnswer => {
  const { resource, namespace, name } = ctx.info;
  // `name`, `name:port` or `scheme:name:port`.
  const parts = name.split(':');
  const id = parts[parts.length === 3 ? 1 : 0] ?? '';
  if (resource === 'pods') {
    const pod = ctx.parts.store.get('pods', `${namespace}/${id}`);
    if (pod === undefined) throw notFound(PODS, id);
    throw noHost();
  }
  if (resource === 'services') {
    const service = ctx.parts.store.get('services', `${namespace}/${id}`);
    if (service === undefined) throw notFound({ group: '', name: 'services' }, id);
    throw new ApiError({ code: 503, reason: 'ServiceUnavailable', message: `no endpoints available for service ${JSON.stringify(id)}` });
  }
  if (ctx.parts.store.get('nodes', id) === undefined) throw notFound({ group: '', name: 'nodes' }, id);
  if (id === ctx.parts.nodeName) {
    const at = ctx.request.target.indexOf('?');
    const rest = ctx.info.parts.slice(3).map(encodeURIComponent).join('/');
    return { type: 'node', target: `/${rest}${at === -1 ? '' : ctx.request.target.slice(at)}`, isStream: false };
  }
  throw internalError('no preferred addresses found; known addresses: []');
};
