/** Where the Kubernetes API of the node is served. */
export interface KubeApiFlags {
  readonly host: string;
  readonly port: number;
  /** Where the kubeconfig of the administrator is kept. */
  readonly kubeconfigPath: string;
}

/** Reads `ADDRESS:PORT`, with an IPv6 address in brackets; undefined for anything else. */
export const parseKubeApiAddress = (text: string): Pick<KubeApiFlags, 'host' | 'port'> | undefined => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match === null || port < 1 || port > 65_535 ? undefined : { host: (match[1] ?? match[2])!, port };
};
