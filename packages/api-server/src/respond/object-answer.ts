import type { RequestContext } from '../context.js';
import type { ListAnswer } from '../registry/list-objects.js';
import { MEDIA_TYPES } from '../request/media-types.js';
import { type ApiResource, groupVersion } from '../resources/api-resource.js';
import { ApiError, badRequest } from '../status/api-error.js';
import type { StoredObject } from '../stored-object.js';
import { type PlainAnswer, valueAnswer } from './answer.js';
import { itemJson, objectJson, shownObject } from './object-json.js';
import type { TableRequest } from './object-tables.js';

const INCLUDES = ['None', 'Metadata', 'Object'];

/** How the rows of a Table carry their objects. @throws ApiError 400 */
export const includeObjectOf = (query: URLSearchParams): TableRequest['includeObject'] => {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (!INCLUDES.includes(value))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  return value as TableRequest['includeObject'];
};

const goKind = (resource: ApiResource): string =>
  `*${resource.group === '' || resource.group === 'events.k8s.io' ? 'core' : resource.group.split('.')[0]}.${resource.kind}`;

const notAcceptable = (message: string): ApiError => new ApiError({ code: 406, reason: 'NotAcceptable', message });

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** Without the annotation that upstream adds where it prints a whole DaemonSet. */
export const withoutPrintedAnnotations = (object: StoredObject): StoredObject => {
  const { annotations, ...metadata } = object.metadata;
  if (annotations?.[TEMPLATE_GENERATION] === undefined) return object;
  const { [TEMPLATE_GENERATION]: _generation, ...rest } = annotations;
  return { ...object, metadata: { ...metadata, ...(Object.keys(rest).length > 0 && { annotations: rest }) } };
};

export const partialMetadata = (object: StoredObject, version: string): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: withoutPrintedAnnotations(object).metadata,
});

/** One object in the form that was asked for. */
export const objectAnswer = (ctx: RequestContext, resource: ApiResource, stored: StoredObject, code = 200): PlainAnswer => {
  const { output, query, parts, request } = ctx;
  const object = shownObject(resource, stored);
  switch (output.as?.kind) {
    case 'Table': {
      const table = parts.tables.table(resource, [object], {
        nowMs: request.nowMs,
        version: output.as.version,
        includeObject: includeObjectOf(query),
        metadata: object.metadata.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion },
        headers: true,
      });
      return valueAnswer(code, output, table);
    }
    case 'PartialObjectMetadata':
      return valueAnswer(code, output, partialMetadata(object, output.as.version));
    case 'PartialObjectMetadataList':
      throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${goKind(resource)})`);
    default:
      if (output.language === 'json' && !output.pretty) {
        return { type: 'answer', code, headers: [['Content-Type', MEDIA_TYPES.json]], body: `${objectJson(resource, stored)}\n` };
      }
      return valueAnswer(code, output, object);
  }
};

const listMetadata = ({ version, continue: token, remaining }: ListAnswer): Record<string, unknown> => ({
  resourceVersion: String(version),
  ...(token !== undefined && { continue: token }),
  ...(remaining !== undefined && { remainingItemCount: remaining }),
});

/** A list in the form that was asked for. */
export const listAnswer = (ctx: RequestContext, resource: ApiResource, list: ListAnswer): PlainAnswer => {
  const { output, query, parts, request } = ctx;
  const metadata = listMetadata(list);
  const apiVersion = groupVersion(resource);
  switch (output.as?.kind) {
    case 'Table': {
      const objects = list.items.map((item) => shownObject(resource, item));
      const { version } = output.as;
      const table = parts.tables.table(resource, objects, {
        nowMs: request.nowMs,
        version,
        includeObject: includeObjectOf(query),
        metadata,
        headers: true,
      });
      return valueAnswer(200, output, table);
    }
    case 'PartialObjectMetadata':
      throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${goKind(resource)}List)`);
    case 'PartialObjectMetadataList': {
      const { version } = output.as;
      const items = list.items.map((item) => partialMetadata(shownObject(resource, item), version));
      return valueAnswer(200, output, {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${version}`,
        metadata,
        items: items.length === 0 ? null : items,
      });
    }
    default:
      break;
  }
  if (output.language === 'json' && !output.pretty) {
    const items = list.items.map((item) => itemJson(resource, item)).join(',');
    const body = `{"kind":"${resource.kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items}]}\n`;
    return { type: 'answer', code: 200, headers: [['Content-Type', MEDIA_TYPES.json]], body };
  }
  const items = list.items.map((item) => {
    const { apiVersion: _version, kind: _kind, ...rest } = shownObject(resource, item);
    return rest;
  });
  return valueAnswer(200, output, { kind: `${resource.kind}List`, apiVersion, metadata, items });
};
