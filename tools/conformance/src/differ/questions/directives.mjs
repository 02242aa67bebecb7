import { isMap } from '../mutate.mjs';

/** The fields by which items of a list are told apart, by the list's name and where it lies: of these lists alone items are merged. */
const MERGE_KEYS = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
};
const MERGE_KEYS_BELOW = {
  'containers/ports': 'containerPort',
  'initContainers/ports': 'containerPort',
  'spec/ports': 'port',
  'status/conditions': 'type',
  'metadata/ownerReferences': 'uid',
  '/secrets': 'name',
};

const mergeKeyOf = (list, around) => MERGE_KEYS_BELOW[`${around}/${list}`] ?? MERGE_KEYS[list];

/**
 * Directives of strategic patches at places where they may mean something. Inside lists without a merge key there are none: kube-apiserver ends its
 * connection there.
 */
export const directed = (random, value, key = '', around = '') => {
  if (Array.isArray(value)) {
    if (mergeKeyOf(key, around) === undefined) return value;
    const items = value.map((item) => directed(random, item, key, around));
    if (random.chance(0.15) && isMap(items[0])) items[random.below(items.length)].$patch = random.pick(['delete', 'replace', 'merge']);
    if (random.chance(0.05)) items.push({ $patch: 'replace' });
    return items;
  }
  if (!isMap(value)) return value;
  const changed = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, directed(random, inner, name, key)]));
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(inner)) continue;
    const mergeKey = mergeKeyOf(name, key);
    if (random.chance(0.2))
      changed[`$setElementOrder/${name}`] = inner
        .map((item) => (mergeKey ? { [mergeKey]: item?.[mergeKey] } : item))
        .sort(() => (random.chance(0.5) ? 1 : -1));
    if (random.chance(0.1)) changed[`$deleteFromPrimitiveList/${name}`] = inner.filter((item) => !isMap(item));
  }
  if (random.chance(0.06)) changed.$retainKeys = Object.keys(value).filter(() => random.chance(0.7));
  if (random.chance(0.03)) changed.$patch = random.pick(['replace', 'delete', 'merge', 'x']);
  return changed;
};

/** A patch from elsewhere without the directives that would not be made here. */
export const withoutStrayDirectives = (value, key = '', around = '', isStray = false) => {
  if (Array.isArray(value)) {
    const stray = isStray || mergeKeyOf(key, around) === undefined;
    return value.map((item) => withoutStrayDirectives(item, key, around, stray));
  }
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !(isStray && name.startsWith('$')));
  return Object.fromEntries(
    kept.map(([name, inner]) => [name, name.startsWith('$') ? inner : withoutStrayDirectives(inner, name, key, isStray)]),
  );
};
