import { union } from '../fields/field-set.js';
import { identityText, type Manager, type Managers } from './managed-fields.js';

/** Updaters that an object keeps apart; upstream's DefaultMaxUpdateManagers. */
const MAX_UPDATERS = 10;

const seconds = (manager: Manager | undefined): number => Math.floor(Date.parse(manager?.time ?? '') / 1000) || 0;

/** Puts the oldest updaters together, so that an object does not grow with everyone who ever wrote it. */
export const capUpdaters = (managers: Managers): Managers => {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update').map(([id]) => id);
  let count = updaters.length;
  if (count <= MAX_UPDATERS) return managers;
  updaters.sort((left, right) => seconds(managers.get(left)) - seconds(managers.get(right)) || (left < right ? -1 : 1));
  const capped = new Map(managers);
  const firstOfVersion = new Map<string, string>();
  for (const id of updaters) {
    if (count <= MAX_UPDATERS) break;
    const manager = managers.get(id) as Manager;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, id);
      continue;
    }
    const bucket = { manager: 'ancient-changes', operation: 'Update', apiVersion: manager.apiVersion, subresource: '' } as const;
    const bucketId = identityText(bucket);
    const known = capped.get(bucketId) ?? (capped.get(first) as Manager);
    if (!capped.has(bucketId)) capped.delete(first);
    // The time is that of the newest that went in.
    const { time, fields } = manager;
    capped.delete(id);
    capped.set(bucketId, { ...bucket, fields: union(fields, known.fields), ...(time === undefined ? {} : { time }) });
    count -= 1;
  }
  return capped;
};
