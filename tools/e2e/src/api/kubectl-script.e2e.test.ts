import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ApiNode, type Kubectl, kubectlPrograms, openKubectl, startApiNode } from './kubectl.js';
import { describeExamples } from './script/describe-examples.js';
import { describeScript, scripted } from './script/describe-script.js';

const programs = scripted(kubectlPrograms);
describe.each(programs.length > 0 ? programs : ['no kubectl'])(
  '%s runs the script against a node with containers',
  { skip: programs.length === 0 },
  async (program) => {
    let api: ApiNode;
    let kubectl: Kubectl;
    beforeAll(async () => {
      api = await startApiNode(['--service-cluster-ip-range', '10.96.0.0/16']);
      kubectl = await openKubectl(program, api.kubeconfig, api.node.bed.directory);
    });
    afterAll(async () => {
      await api[Symbol.asyncDispose]();
      expect(await api.node.bed.leaks()).toEqual([]);
    });
    if (programs.length === 0) return;
    await describeScript(program, {
      target: () => ({ kubectl, nodeName: 'node1', image: imageNames.busybox, manifests: api.node.bed.manifestDirectory }),
      runs: (marks) => !marks.includes('simulated'),
    });
    await describeExamples(() => kubectl, { servesIngresses: true });
  },
);
