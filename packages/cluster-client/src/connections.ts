import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { TlsMaterial } from './credentials.js';
import type { Kubeconfig } from './kubeconfig.js';

export const KEEP_ALIVE_MS = 30_000;
const KEPT = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxFreeSockets: 25 } as const;

/** The connections that were made with the same credentials. */
export interface Generation {
  readonly agent: HttpAgent;
  /** Aborted when others have taken their place: what goes on for ever is to end now. */
  readonly retired: AbortSignal;
}

type ConnectionOptions = Pick<Kubeconfig, 'server' | 'tlsServerName' | 'insecureSkipTlsVerify'>;

/**
 * Connections to one server, kept for as long as the credentials stay as they are. When these change, idle connections are closed and running requests
 * come to their end on the old ones: a certificate that is replaced in time costs nobody an answer.
 */
export const createConnections = (kubeconfig: ConnectionOptions) => {
  const isTls = new URL(kubeconfig.server).protocol === 'https:';
  let current: { readonly version: string; readonly generation: Generation; readonly retire: () => void } | undefined;
  /** Those that still answer. */
  let ending: readonly HttpAgent[] = [];

  const retire = (): void => {
    if (current === undefined) return;
    const { generation, retire: tell } = current;
    const { agent } = generation;
    // A connection whose request has ended finds no place to be kept in.
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    ending = [...ending, agent].filter(isBusy);
    current = undefined;
    tell();
  };
  return {
    for: (tls: TlsMaterial): Generation => {
      if (current?.version === tls.version) return current.generation;
      retire();
      const agent = isTls ? tlsAgent(tls, kubeconfig) : new HttpAgent(KEPT);
      const controller = new AbortController();
      const generation = { agent, retired: controller.signal };
      current = { version: tls.version, generation, retire: () => controller.abort() };
      return generation;
    },
    /** Drops all of them, with whatever is asked on them now. */
    close: (): void => {
      for (const agent of [...ending, ...(current === undefined ? [] : [current.generation.agent])]) agent.destroy();
      ending = [];
      current = undefined;
    },
  };
};

const isBusy = ({ sockets, requests }: HttpAgent): boolean => Object.keys(sockets).length > 0 || Object.keys(requests).length > 0;

const tlsAgent = (tls: TlsMaterial, { insecureSkipTlsVerify, tlsServerName }: ConnectionOptions): HttpsAgent =>
  new HttpsAgent({
    ...KEPT,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !insecureSkipTlsVerify,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate.certificate, key: tls.certificate.key }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
  });
