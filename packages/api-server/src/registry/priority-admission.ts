import type { RequestContext } from '../context.js';
import { forbidden } from '../status/api-error.js';
import { type ObjectDraft, type StoredObject, specOf } from '../stored-object.js';

const BUCKET = 'priorityclasses.scheduling.k8s.io';
const pods = { group: '', name: 'pods' };

const defaultClass = (ctx: RequestContext): StoredObject | undefined =>
  ctx.parts.store
    .list(BUCKET, '')
    .filter((each) => each['globalDefault'] === true)
    .sort((a, b) => Number(a['value']) - Number(b['value']))[0];

/** Works out the priority of a new Pod from its class (plugin Priority). @throws ApiError 403 */
export const admitPriority = (ctx: RequestContext, draft: ObjectDraft): void => {
  const spec = specOf(draft);
  let className = (spec['priorityClassName'] ?? '') as string;
  let chosen: StoredObject | undefined;
  if (className === '') {
    chosen = defaultClass(ctx);
    className = chosen?.metadata.name ?? '';
  } else {
    chosen = ctx.parts.store.get(BUCKET, className);
    if (chosen === undefined) throw forbidden(pods, draft.metadata.name ?? '', `no PriorityClass with name ${className} was found`);
  }
  const priority = Number(chosen?.['value'] ?? 0);
  if (spec['priority'] !== undefined && spec['priority'] !== priority) {
    const why = `the integer value of priority (${spec['priority']}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
    throw forbidden(pods, draft.metadata.name ?? '', why);
  }
  const policy = (chosen?.['preemptionPolicy'] ?? 'PreemptLowerPriority') as string;
  if (spec['preemptionPolicy'] !== undefined && spec['preemptionPolicy'] !== policy) {
    const why = `the string value of PreemptionPolicy (${spec['preemptionPolicy']}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw forbidden(pods, draft.metadata.name ?? '', why);
  }
  if (className !== '') spec['priorityClassName'] = className;
  spec['priority'] = priority;
  spec['preemptionPolicy'] = policy;
};

/** There is one default at most. @throws ApiError 403 */
export const admitPriorityClass = (ctx: RequestContext, draft: ObjectDraft): void => {
  if (draft['globalDefault'] !== true) return;
  const other = defaultClass(ctx);
  if (other === undefined || other.metadata.name === draft.metadata.name) return;
  const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
  throw forbidden({ group: 'scheduling.k8s.io', name: 'priorityclasses' }, draft.metadata.name ?? '', why);
};
