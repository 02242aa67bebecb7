import type { PolicyStep } from '@solo-kubelet/service-network';

/** What the policies of one side say of a connection. */
export const policySentence = ({ direction, allowed, isolatedBy, rule, tooLarge = [] }: PolicyStep): string => {
  const side = direction === 'Ingress' ? 'ingress of the destination' : 'egress of the source';
  if (isolatedBy.length === 0) return `${side}: no policy selects it`;
  if (allowed) return `${side}: allowed by ${rule}`;
  const unread =
    tooLarge.length === 0 ? '' : `; ${tooLarge.join(', ')}: there are more rules than there is room for, and they do not count`;
  return `${side}: isolated by ${isolatedBy.join(', ')}, and no rule allows this${unread}`;
};
