import type { ApiResource } from '../../resources/api-resource.js';
import { countClaims } from './count-claims.js';
import { countPods } from './count-pods.js';
import { countServices } from './count-services.js';
import type { Counter } from './counter.js';

/** Names of before there was `count/`. */
const SHORT_NAMES = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

/** Reviews are not kept, and events were never counted. */
const IGNORED = /^(bindings|events|events\.events\.k8s\.io|.*reviews\.(authentication|authorization)\.k8s\.io)$/;

/** Objects of which only the number counts. */
const countObjects = (name: string): Counter => {
  const names = [`count/${name}`, ...(SHORT_NAMES.includes(name) ? [name] : [])];
  return {
    countedNames: (all) => all.filter((each) => names.includes(each)),
    isInScope: () => false,
    usage: () => Object.fromEntries(names.map((each) => [each, '1'])),
    countsUpdate: () => false,
  };
};

const OWN: Readonly<Record<string, Counter>> = { pods: countPods, services: countServices, persistentvolumeclaims: countClaims };

/** How a resource's objects count against quotas; undefined if they do not. */
export const counterOf = ({ group, plural, namespaced }: Pick<ApiResource, 'group' | 'plural' | 'namespaced'>): Counter | undefined => {
  const name = group === '' ? plural : `${plural}.${group}`;
  if (!namespaced || IGNORED.test(name)) return undefined;
  return OWN[name] ?? countObjects(name);
};
