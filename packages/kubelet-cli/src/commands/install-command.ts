import type { Command } from '../command.js';

const rootOption = { root: { type: 'string' } } as const;

export const installCommand: Command = {
  name: 'install',
  maxOperands: 0,
  usage:
    '[--from URL --key FILE [--ca-file FILE] [--s3-...] [--name NAME] [--offline]] [--bundle-drive LABEL] [--root DIRECTORY] [--kube-api ADDRESS:PORT|off]',
  summary: 'Write the systemd unit, the configuration and the directories of a node, and start it.',
  details: `
  --root DIRECTORY           write below this directory instead of /, and start nothing (for making an image)
  --from URL                 run what this source answers, signed by --key FILE (a public key of minisign or ssh); bundle: for
                             one that bundles are brought to; --ca-file FILE: authorities to trust for it; --name NAME
                             (default site); --offline: without asking it first
  --s3-endpoint URL          of --from s3://BUCKET/KEY: the server of the bucket (default AWS's); --s3-region NAME (default
                             us-east-1); --s3-path-style true|false: the bucket in the path (default with an endpoint)
  --s3-credentials FILE      of AWS's form, --s3-profile NAME in it (default default), or else AWS_ACCESS_KEY_ID and
                             AWS_SECRET_ACCESS_KEY: kept for root alone beside the source; --s3-anonymous: none are needed
  --bundle-drive LABEL       apply the bundle of every drive whose file system has this label, when it is put in
  --kube-api ADDRESS:PORT    where kubectl reaches the node (default as it was installed, else 127.0.0.1:6443); off: nowhere
`,
  options: {
    ...rootOption,
    'kube-api': { type: 'string' },
    from: { type: 'string' },
    key: { type: 'string' },
    'ca-file': { type: 'string' },
    name: { type: 'string' },
    offline: { type: 'boolean' },
    's3-endpoint': { type: 'string' },
    's3-region': { type: 'string' },
    's3-path-style': { type: 'string' },
    's3-credentials': { type: 'string' },
    's3-profile': { type: 'string' },
    's3-anonymous': { type: 'boolean' },
    'bundle-drive': { type: 'string' },
  },
  run: async (input, io) => (await import('./install.js')).install(input, io),
};

export const uninstallCommand: Command = {
  name: 'uninstall',
  maxOperands: 0,
  usage: '[--root DIRECTORY]',
  summary: 'Stop the service and remove what install wrote; manifests, data and running pods stay.',
  options: rootOption,
  run: async (input, io) => (await import('./install.js')).uninstall(input, io),
};
