import { createServer } from 'node:net';
import { type KubeApiFlags, parseKubeApiAddress } from '@solo-kubelet/kubelet/config';
import type { Progress } from '@solo-kubelet/standalone-node';
import { CliError } from '../cli-error.js';
import { type CommandInput, textOption } from '../command.js';

/** Where `up` and `install` serve the Kubernetes API. */
export const DEFAULT_ADDRESS = '127.0.0.1:6443';

/** Where `up` serves the Kubernetes API: where it was told, else at the usual port if that is free. @throws CliError CLI_USAGE */
export const apiOf = async (
  input: CommandInput,
  kubeconfigPath: string,
  progress: Pick<Progress, 'note'>,
): Promise<KubeApiFlags | undefined> => {
  const address = askedAddress(input);
  if (address === undefined) return undefined;
  if (textOption(input, 'kube-api') === undefined && !(await isFree(address))) {
    progress.note(`! Port ${address.port} is in use: the Kubernetes API is not served. Choose another with --kube-api 127.0.0.1:PORT.`);
    return undefined;
  }
  return { ...address, kubeconfigPath };
};

/** As `--kube-api` has it; undefined: nowhere. @throws CliError CLI_USAGE */
export const askedAddress = (input: CommandInput): ReturnType<typeof parseKubeApiAddress> => {
  const given = textOption(input, 'kube-api');
  if (given === 'off') return undefined;
  const address = parseKubeApiAddress(given ?? DEFAULT_ADDRESS);
  if (address === undefined)
    throw new CliError({ code: 'CLI_USAGE', message: `--kube-api ${given}: want ADDRESS:PORT, or off`, hint: 'kubelet-cli up --help' });
  return address;
};

export const isFree = ({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
