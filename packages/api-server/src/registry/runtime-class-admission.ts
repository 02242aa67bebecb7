import type { RequestContext } from '../context.js';
import { forbidden } from '../status/api-error.js';
import { type ObjectDraft, specOf, type Values } from '../stored-object.js';

/** A Pod's runtime class must be there, and says what it costs (plugin RuntimeClass). @throws ApiError 403 */
export const admitRuntimeClass = (ctx: RequestContext, draft: ObjectDraft): void => {
  const spec = specOf(draft);
  const name = spec['runtimeClassName'] as string | undefined;
  if (name === undefined || name === '') return;
  const runtimeClass = ctx.parts.store.get('runtimeclasses.node.k8s.io', name);
  const refuse: (why: string) => never = (why) => {
    throw forbidden({ group: '', name: 'pods' }, draft.metadata.name ?? '', why);
  };
  if (runtimeClass === undefined) refuse(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  const overhead = ((runtimeClass['overhead'] ?? {}) as Values)['podFixed'] as Record<string, string> | undefined;
  if (overhead !== undefined) {
    if (spec['overhead'] !== undefined && JSON.stringify(spec['overhead']) !== JSON.stringify(overhead)) {
      refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    }
    spec['overhead'] = { ...overhead };
  } else if (spec['overhead'] !== undefined) {
    refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  const scheduling = runtimeClass['scheduling'] as { nodeSelector?: Record<string, string>; tolerations?: readonly unknown[] } | undefined;
  if (scheduling?.nodeSelector !== undefined) {
    const own = (spec['nodeSelector'] ?? {}) as Record<string, string>;
    for (const [key, value] of Object.entries(scheduling.nodeSelector)) {
      if (own[key] !== undefined && own[key] !== value) {
        refuse(`conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`);
      }
    }
    spec['nodeSelector'] = { ...own, ...scheduling.nodeSelector };
  }
  if (scheduling?.tolerations !== undefined) {
    spec['tolerations'] = [...((spec['tolerations'] ?? []) as readonly unknown[]), ...structuredClone(scheduling.tolerations)];
  }
};
