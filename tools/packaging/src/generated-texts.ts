import { commands } from '../../../packages/kubelet-cli/src/commands/command-table.js';
import { installPlan } from '../../../packages/standalone-node/src/install/install-plan.js';
import { captured } from './captured.js';
import { CONFIGURATION_PATH, type DebOptions, UNIT } from './deb-package.js';
import { commandLinePage, kubeletFlags, kubeletPage, type PageFacts } from './man-pages.js';

/** What of the package is made from the program itself: manual pages, completions, and the service as `install` would write it. */
export const generatedTexts = async (
  facts: PageFacts,
): Promise<Pick<DebOptions, 'manPages' | 'completions' | 'configuration' | 'unit'>> => {
  const [bash, zsh, fish] = await Promise.all(['bash', 'zsh', 'fish'].map((shell) => captured('completion', shell)));
  const plan = installPlan({
    root: '/',
    nodeBinary: '/usr/bin/kubelet-cli',
    program: '/usr/bin/kubelet-cli',
    runtimeEndpoint: 'unix:///run/containerd/containerd.sock',
    runtimeUnit: 'containerd.service crio.service',
    // The runtime is asked when the kubelet starts.
    cgroupDriver: undefined,
  });
  const planned = (suffix: string): string => {
    const step = plan.find(({ path }) => path.endsWith(suffix));
    if (step?.type !== 'file') throw new Error(`install writes no ${suffix}`);
    return step.text;
  };
  return {
    manPages: { commandLine: commandLinePage(commands, facts), kubelet: kubeletPage(kubeletFlags(), facts) },
    completions: { bash: bash!, zsh: zsh!, fish: fish! },
    configuration: planned(CONFIGURATION_PATH),
    unit: planned(UNIT),
  };
};
