import { afterAll, beforeAll, describe } from 'vitest';
import { type Kubectl, kubectlPrograms, openKubectl } from './kubectl.js';
import { describeExamples } from './script/describe-examples.js';
import { describeScript, scripted } from './script/describe-script.js';
import { type SimulatedNode, startSimulatedNode } from './script/simulated-node.js';

// What is in the script and how it reads: script/transcript.ts. Without containers that run; those are tried by kubectl-script.e2e.test.ts.

const programs = scripted(kubectlPrograms);
describe.each(programs.length > 0 ? programs : ['no kubectl'])(
  '%s runs the script against a node in memory',
  { skip: programs.length === 0 },
  async (program) => {
    let node: SimulatedNode;
    let kubectl: Kubectl;
    beforeAll(async () => {
      node = await startSimulatedNode(['--service-cluster-ip-range', '10.96.0.0/16']);
      kubectl = await openKubectl(program, node.kubeconfig, node.directory);
    }, 120_000);
    afterAll(() => node[Symbol.asyncDispose]());
    if (programs.length === 0) return;
    await describeScript(program, {
      target: () => ({ kubectl, nodeName: node.name, image: 'example.org/busybox:1', manifests: node.manifests }),
      runs: (marks) => !marks.includes('containers'),
    });
    await describeExamples(() => kubectl, { servesIngresses: false });
  },
);
