import type { Command } from '../command.js';
import { nodeCommand, usage } from './node-command.js';
import type { TokenOptions } from './token.js';

const WHATS: readonly TokenOptions['what'][] = ['jwks', 'configuration', 'rotate-key'];

export const tokenCommand: Command = nodeCommand(
  {
    name: 'token',
    usage: 'jwks | configuration | rotate-key',
    summary: 'Show what others verify tokens of ServiceAccounts by, or sign them by a new key.',
  },
  ({ operands }) => {
    const what = WHATS.find((one) => one === operands[0]);
    if (what === undefined || operands.length > 1) throw usage(`token ${WHATS.join(', or token ')}`);
    return { what };
  },
  async () => (await import('./token.js')).token,
);
