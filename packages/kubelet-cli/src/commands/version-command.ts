import { KUBERNETES_VERSION } from '@solo-kubelet/kubelet/defaults';
import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import { type Command, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { productVersion, versionText } from '../version.js';

export const versionCommand: Command = {
  name: 'version',
  maxOperands: 0,
  usage: '[-o json]',
  summary: 'Print the version of Solo Kubelet and of the Kubernetes it follows.',
  options: { output: { type: 'string', short: 'o' } },
  run: async (input, io) => {
    const output = textOption(input, 'output');
    if (output !== undefined && output !== 'json')
      throw new CliError({ code: 'CLI_USAGE', message: `-o takes json, not ${JSON.stringify(output)}` });
    const json = output === 'json';
    print(io.stdout, `${json ? JSON.stringify({ version: productVersion(), kubernetes: KUBERNETES_VERSION }) : versionText()}\n`);
    return EXIT.done;
  },
};
