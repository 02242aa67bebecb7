import type { Command } from '../command.js';

/** `validate FILE…`: what the kubelet would say to these manifests. */
export const validateCommand: Command = {
  name: 'validate',
  usage:
    'FILE… [--strict] [-o text|json|yaml|github|sarif] [--policy FILE] [--node-name NAME] [--node-labels NAME=VALUE,…] [--node-values FILE] [--feature-gates GATE=true,…] [--probe-plugin NAME]…   or: --batch [--objects] [--node-name NAME] < RECORDS',
  summary: 'Check Pod manifests as the kubelet does, with the place of every mistake. - reads standard input.',
  details: `
  --strict        unknown fields are errors, not warnings
  --node-name     name of the node the Pods are for (default node1)
  --node-labels   as the kubelet's flag: documents of a source whose node selector asks for others are passed over;
                  beside these, the node has kubernetes.io/hostname and kubernetes.io/os
  --node-values   file of NodeValues, as the kubelet's --node-values-file: what $(node.NAME) stands for in documents of a source
  --feature-gates as the kubelet's flag: fields behind a gate that is off are passed over
  --probe-plugin  package or module path of a further kind of probe, which then judges the annotations of its kind; may be repeated
  --policy        an AdmissionPolicy that the Pods have to pass as well, as by the kubelet's --admission-policy-file;
                  -o yaml then prints everything as it comes out of it, and of its plugins
  -o github       annotations for a workflow; -o sarif: a log for code scanning
  --batch         read records {"id", "manifest"} as lines of JSON and answer each with one line
  --objects       with --batch: judge objects other than Pods as an API server does; with "old" in a record, a change

Exit status: 0 all can run, 3 at least one is rejected.
`,
  options: {
    strict: { type: 'boolean' },
    batch: { type: 'boolean' },
    objects: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
    policy: { type: 'string' },
    'node-name': { type: 'string' },
    'node-labels': { type: 'string' },
    'node-values': { type: 'string' },
    'feature-gates': { type: 'string' },
    'probe-plugin': { type: 'string', multiple: true },
  },
  run: async (input, io) => (await import('./validate.js')).validate(input, io),
};
