import type { ContainerPort, IntOrString } from '@solo-kubelet/pod-spec';

export type ResolvedPort = { readonly ok: true; readonly port: number } | { readonly ok: false; readonly why: string };

const MAX_INT64 = 2n ** 63n - 1n;

/** A port given as a number, the name of one of the container's ports, or a number in a string (ResolveContainerPort in pkg/probe/util.go). */
export const findPort = (port: IntOrString, ports: readonly ContainerPort[]): ResolvedPort => {
  const named = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : port;
  if (named === undefined && !/^[+-]?[0-9]+$/.test(String(port))) return { ok: false, why: notANumber(port, 'invalid syntax') };
  const number = BigInt(named ?? String(port).replace('+', ''));
  if (number > MAX_INT64 || number < -MAX_INT64 - 1n) return { ok: false, why: notANumber(port, 'value out of range') };
  return number > 0n && number < 65_536n ? { ok: true, port: Number(number) } : { ok: false, why: `invalid port number: ${number}` };
};

const notANumber = (port: IntOrString, why: string): string => `strconv.Atoi: parsing ${JSON.stringify(String(port))}: ${why}`;

/** The same without the reason: undefined when it is none of them. */
export const resolvePort = (port: IntOrString, ports: readonly ContainerPort[]): number | undefined => {
  const found = findPort(port, ports);
  return found.ok ? found.port : undefined;
};
