import { CniError, type CniInvoker, type NetworkConfigList } from '@solo-kubelet/cni-invoker';
import { readNetworkDirectory, selectNetwork } from '@solo-kubelet/cni-invoker/extra-networks';
import { boundedValue, checkYaml } from '@solo-kubelet/diagnostics/nesting';
import { Lexer, Parser, parseAllDocuments } from 'yaml';

export interface NetworkPlaces {
  readonly cni: CniInvoker;
  /** Directory of extra networks. */
  readonly networkDir?: string;
}

/** A network, or a file that should hold one and doesn't. */
export interface KnownNetwork {
  /** What `add` and the like take: `name`, or `namespace/name` for a NetworkAttachmentDefinition. */
  readonly name: string;
  readonly path?: string;
  readonly list?: NetworkConfigList;
  readonly error?: CniError;
}

/** YAML documents as plain values, for `createExtraNetworks` and `readNetworkDirectory`. */
export const parseYaml = (text: string): readonly unknown[] => {
  checkYaml(text, { Lexer, Parser });
  return parseAllDocuments(text, { uniqueKeys: false }).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    // Aliases of a flat text can make a deep value.
    return boundedValue(document.toJS() as unknown);
  });
};

/** Every network of the runtime's directories and of the extra ones. */
export const knownNetworks = async ({ cni, networkDir }: NetworkPlaces): Promise<readonly KnownNetwork[]> => {
  const files = (await cni.networkFiles()).map(
    (file): KnownNetwork =>
      file.ok ? { name: file.list.name, path: file.path, list: file.list } : { name: '-', path: file.path, error: file.error },
  );
  if (networkDir === undefined) return files;
  const { networks, faults } = await readNetworkDirectory({ networkDir, parseYaml });
  return [
    ...files,
    ...networks.map(({ name, namespace, list }) => ({
      name: namespace === undefined ? name : `${namespace}/${name}`,
      path: list.path,
      list,
    })),
    ...faults.map(({ path, error }) => ({ name: '-', path, error })),
  ];
};

/** The network of that name, in the version its plugins speak. The runtime's directories come first. */
export const findNetwork = async ({ cni, networkDir }: NetworkPlaces, name: string): Promise<NetworkConfigList> => {
  try {
    return await cni.network(name);
  } catch (error) {
    if (networkDir === undefined || !CniError.is(error) || error.code !== 'CNI_NETWORK_NOT_FOUND') throw error;
    const [first = '', second] = name.split('/');
    const selection = second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second };
    return selectNetwork(await readNetworkDirectory({ networkDir, parseYaml }), selection, networkDir);
  }
};
