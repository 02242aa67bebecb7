import type { RequestContext } from '../context.js';
import { type ObjectDraft, specOf } from '../stored-object.js';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const OLD_ANNOTATION = 'kubernetes.io/ingress.class';

/** An Ingress that names no class gets the default one (plugin DefaultIngressClass). */
export const defaultIngressClass = (ctx: RequestContext, draft: ObjectDraft): void => {
  const spec = specOf(draft);
  if (spec['ingressClassName'] !== undefined || draft.metadata.annotations?.[OLD_ANNOTATION] !== undefined) return;
  const [chosen] = ctx.parts.store
    .list('ingressclasses.networking.k8s.io', '')
    .filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true')
    .sort((a, b) => (a.metadata.creationTimestamp! > b.metadata.creationTimestamp! ? -1 : 1));
  if (chosen !== undefined) spec['ingressClassName'] = chosen.metadata.name;
};
