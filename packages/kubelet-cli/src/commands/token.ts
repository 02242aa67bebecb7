import { print, write } from '../cli-io.js';
import type { VerbContext } from './verb-context.js';

export interface TokenOptions {
  readonly what: 'configuration' | 'jwks' | 'rotate-key';
}

/** `token …`: what others verify tokens of ServiceAccounts by, and a new key to sign them with. */
export const token = async ({ what }: TokenOptions, { client, io, signal }: VerbContext): Promise<number> => {
  if (what === 'rotate-key')
    await write(io.stdout, `tokens are signed by the key ${await client.rotateServiceAccountKey({ signal })} now\n`);
  else print(io.stdout, `${JSON.stringify(await client.getOpenId(what, { signal }), undefined, 2)}\n`);
  return 0;
};
