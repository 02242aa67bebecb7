import type { PolicyStep } from '@solo-kubelet/service-network';

/** What the policies of one side say of a connection. */
export const policySentence = ({ direction, allowed, isolatedBy, rule }: PolicyStep): string => {
  const side = direction === 'Ingress' ? 'ingress of the destination' : 'egress of the source';
  if (isolatedBy.length === 0) return `${side}: no policy selects it`;
  return allowed ? `${side}: allowed by ${rule}` : `${side}: isolated by ${isolatedBy.join(', ')}, and no rule allows this`;
};
