import { readFile } from 'node:fs/promises';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { StreamEndpoint } from '@solo-kubelet/cri-client/streaming';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { CliError } from '../cli-error.js';
import type { CliIo } from '../cli-io.js';
import { type CommandInput, flagOption, textOption } from '../command.js';

const DEFAULT_PORT = 10_250;

/** How the kubelet that --server names is reached, and as whom. @throws CliError CLI_USAGE; CLI_NOT_FOUND for a file that cannot be read */
export const serverEndpoint = async (server: string, input: CommandInput, env: CliIo['env']): Promise<StreamEndpoint> => {
  const url = parseUrl(server);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError({ code: 'CLI_USAGE', message: `--server takes a URL such as https://node:10250, not ${JSON.stringify(server)}` });
  }
  const host = hostOf(url);
  const read = async (name: string): Promise<string | undefined> => {
    const path = textOption(input, name);
    return path === undefined ? undefined : readNamed(path, name);
  };
  const [ca, cert, key] = await Promise.all(['certificate-authority', 'client-certificate', 'client-key'].map(read));
  const token = await tokenOf(input, env);
  if (token !== undefined && url.protocol === 'http:' && !isLoopback(host)) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `a token would go to ${host} in the clear`,
      hint: `Use https://${url.host}; plain http carries a token to this machine only.`,
    });
  }
  return {
    protocol: url.protocol === 'https:' ? 'https:' : 'http:',
    connection: {
      host,
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      rejectUnauthorized: !flagOption(input, 'insecure-skip-tls-verify'),
    },
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  };
};

/** The host of a URL as sockets take it: an IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** --token, else --token-file, else SOLO_KUBELET_TOKEN: other users of this machine can read the first one in the list of processes. */
const tokenOf = async (input: CommandInput, env: CliIo['env']): Promise<string | undefined> => {
  const [token, path] = [textOption(input, 'token'), textOption(input, 'token-file')];
  if (token !== undefined && path !== undefined) {
    throw new CliError({ code: 'CLI_USAGE', message: 'give --token or --token-file, not both' });
  }
  const text = (token ?? (path === undefined ? env['SOLO_KUBELET_TOKEN'] : await readNamed(path, 'token-file')))?.trim();
  if (text === undefined || (text === '' && token === undefined && path === undefined)) return undefined;
  // Its value must not be shown, so the words of the HTTP library, which would, are never reached.
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `the token ${path === undefined ? '' : `in ${path} `}is not one word of ASCII characters`,
    });
  }
  return text;
};

const readNamed = (path: string, option: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `--${option}: cannot read ${path}`, cause });
  });

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIPv4(host) && LOOPBACK.check(host)) || (isIPv6(host) && LOOPBACK.check(host, 'ipv6'));
