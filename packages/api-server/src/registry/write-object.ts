import { defaultManager } from '@solo-kubelet/api-patch';
import { dropEmpty } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import { decodeAs } from '../decode/decode-struct.js';
import { valueNode } from '../decode/value-node.js';
import type { WriteOptions } from '../request/query-options.js';
import type { ApiResource } from '../resources/api-resource.js';
import { jsonText } from '../respond/object-json.js';
import { serverSchema } from '../schema/server-schema.js';
import { internal, type Qualified } from '../status/api-error.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';

/** The resource in messages: `deployments.apps`. */
export const qualifiedResource = ({ group, plural }: ApiResource): Qualified => ({ group, name: plural });

/** The kind in messages: `Deployment.apps`. Events of both groups are those of the core inside. */
export const qualifiedKind = ({ group, kind }: ApiResource): Qualified => ({ group: kind === 'Event' ? '' : group, name: kind });

/** The most that an object may weigh, bytes: etcd's limit for a request. */
const MAX_STORED_BYTES = 1.5 * 1024 * 1024;

/** Who writes, where nobody said: the first part of the user agent. */
export const managerOf = ({ request }: RequestContext, { fieldManager }: WriteOptions): string => {
  if (fieldManager !== '') return fieldManager;
  const agent = request.headers['user-agent'];
  const text = typeof agent === 'string' ? agent : (agent?.[0] ?? '');
  return defaultManager(text);
};

/** Without lists and maps that are empty, as it is kept. */
export const finishDraft = (resource: ApiResource, draft: ObjectDraft): StoredObject => {
  dropEmpty(serverSchema.struct(resource.struct), draft);
  return draft as unknown as StoredObject;
};

/** As it is read again from storage, in place: an empty list is none. What is answered without being kept shows it as it was sent. */
export const keptObject = (resource: ApiResource, object: StoredObject): StoredObject => {
  dropEmpty(serverSchema.struct(resource.struct), object as unknown as Record<string, unknown>, { required: true });
  return object;
};

/** The status of an object that nobody wrote one for. */
export const emptyStatus = (resource: ApiResource): Record<string, unknown> | undefined => {
  const field = serverSchema.struct(resource.struct).byName.get('status');
  if (field?.struct === undefined) return undefined;
  const decoded = decodeAs(field.struct, valueNode({}), 'json');
  return decoded.ok ? decoded.values : {};
};

/** Lets whoever writes too much know. @throws ApiError 500 */
export const checkStoredSize = (object: StoredObject): void => {
  if (Buffer.byteLength(jsonText(object)) > MAX_STORED_BYTES) throw internal('etcdserver: request is too large');
};
