import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-status.js';

/** `explain pod.spec.containers`, `explain deployment.spec.strategy`: what a field means and what it defaults to. */
export const explainCommand: Command = {
  name: 'explain',
  maxOperands: 1,
  usage: 'KIND[.FIELD…]',
  summary: 'Tell what a field of a Pod or of another object means.',
  run: async (input, io) => {
    const [path] = input.operands;
    if (path === undefined)
      throw new CliError({ code: 'CLI_USAGE', message: 'explain what?', hint: 'kubelet-cli explain pod.spec.containers' });
    const [{ explainObjectField }, { renderExplanation }] = await Promise.all([
      import('@solo-kubelet/object-spec/explain'),
      import('@solo-kubelet/pod-spec/explain'),
    ]);
    print(io.stdout, `${renderExplanation(explainObjectField(path))}\n`);
    return EXIT.done;
  },
};
