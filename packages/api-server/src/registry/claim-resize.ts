import { compareQuantities } from '@solo-kubelet/pod-spec';
import type { RequestContext } from '../context.js';
import { forbidden } from '../status/api-error.js';
import type { StoredObject, Values } from '../stored-object.js';

const storageOf = ({ spec = {} }: StoredObject): string | undefined =>
  (((spec['resources'] ?? {}) as Values)['requests'] as Record<string, string> | undefined)?.['storage'];

/** Only claims of a class that allows it may grow (plugin PersistentVolumeClaimResize). @throws ApiError 403 */
export const admitClaimResize = (ctx: RequestContext, updated: StoredObject, old: StoredObject): void => {
  const [now, before] = [storageOf(updated), storageOf(old)];
  if (now === undefined || before === undefined || compareQuantities(now, before) <= 0) return;
  const refuse: (why: string) => never = (why) => {
    throw forbidden({ group: '', name: 'persistentvolumeclaims' }, updated.metadata.name ?? '', why);
  };
  if (old.status?.['phase'] !== 'Bound') refuse('Only bound persistent volume claims can be expanded');
  const className = (updated.spec?.['storageClassName'] ?? '') as string;
  const storageClass = ctx.parts.store.get('storageclasses.storage.k8s.io', className);
  if (storageClass?.['allowVolumeExpansion'] === true) return;
  refuse('only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
};
