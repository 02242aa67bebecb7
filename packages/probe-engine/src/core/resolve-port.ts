import type { ContainerPort, IntOrString } from '@solo-kubelet/pod-spec';

/** A port given as a number, a number in a string, or the name of one of the container's ports; undefined when it is none of them. */
export const resolvePort = (port: IntOrString, ports: readonly ContainerPort[]): number | undefined => {
  const number = typeof port === 'number' ? port : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port || Number.NaN));
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined;
};
