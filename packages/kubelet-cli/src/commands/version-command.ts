import { KUBERNETES_VERSION } from '@solo-kubelet/kubelet/defaults';
import { print } from '../cli-io.js';
import { type Command, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { productVersion, versionText } from '../version.js';

export const versionCommand: Command = {
  name: 'version',
  usage: '[-o json]',
  summary: 'Print the version of Solo Kubelet and of the Kubernetes it follows.',
  options: { output: { type: 'string', short: 'o' } },
  run: async (input, io) => {
    const json = textOption(input, 'output') === 'json';
    print(io.stdout, `${json ? JSON.stringify({ version: productVersion(), kubernetes: KUBERNETES_VERSION }) : versionText()}\n`);
    return EXIT.done;
  },
};
