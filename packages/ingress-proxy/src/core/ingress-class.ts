import type { Ingress, IngressClass } from '@solo-kubelet/object-spec';

/** Controller of an IngressClass that this proxy is. */
export const INGRESS_CONTROLLER = 'solo-kubelet.dev/ingress';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** Whether an Ingress is for this proxy: it names no class, or one whose controller this is. */
export const isOwnIngress = ({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean => {
  const name = spec?.ingressClassName ?? metadata.annotations?.[CLASS_ANNOTATION];
  if (name === undefined || name === '') return true;
  return classes.some((each) => each.metadata.name === name && each.spec?.controller === INGRESS_CONTROLLER);
};
