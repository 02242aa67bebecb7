/** Who listens at a TCP port of an address, if anybody does that keeps others from it. Loaded when it is asked. */
export const portHolder = async (address: string, port: number): Promise<string | undefined> =>
  (await import('@solo-kubelet/ingress-proxy')).portHolder(address, port);
