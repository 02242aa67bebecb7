import type { Command } from '../command.js';

/** `down`: removes a node that `up` made. */
export const downCommand: Command = {
  name: 'down',
  maxOperands: 0,
  usage: '[--data-dir DIR] [--purge]',
  summary: 'End every Pod of a node that up started and remove its runtime; keeps manifests and images unless --purge.',
  details: `
  --data-dir DIR   where the node is kept (default /var/lib/solo-kubelet)
  --purge          its manifests and images go too: the whole directory
`,
  options: { 'data-dir': { type: 'string' }, purge: { type: 'boolean' } },
  run: async (input, io) => (await import('./down.js')).down(input, io),
};
