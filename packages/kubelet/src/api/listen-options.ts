import { join } from 'node:path';
import type { NodeApiOptions } from '@solo-kubelet/node-api';
import type { KubeletConfiguration } from '../config/fields.js';
import type { KubeletContext } from '../kubelet-services.js';
import { opensslCiphers } from './cipher-suites.js';

/** Where nobody says otherwise: asked for or not, it cannot be told. */
const DEFAULT_PORT = 10_250;

/** Where the API listens and whom it lets in, from the configuration. */
export const listenOptions = ({
  config,
  flags,
  nodeName,
  node,
  cluster,
}: KubeletContext): Omit<NodeApiOptions, 'view' | 'cri' | 'metrics' | 'rootDirectory' | 'logger'> => {
  const { enableServer } = config;
  const ciphers = opensslCiphers(config.tlsCipherSuites);
  return {
    address: config.address,
    ...(enableServer ? { port: config.port } : {}),
    ...(enableServer && config.readOnlyPort > 0 ? { readOnlyPort: config.readOnlyPort } : {}),
    ...(config.healthzPort > 0 ? { healthz: { address: config.healthzBindAddress, port: config.healthzPort } } : {}),
    ...(flags.apiSocket === undefined
      ? {}
      : { socket: { path: flags.apiSocket, ...(flags.apiSocketGroupId === undefined ? {} : { groupId: flags.apiSocketGroupId }) } }),
    certificate: {
      certDirectory: flags.certDirectory,
      // Signed by the cluster, once somebody has approved it.
      ...(config.serverTLSBootstrap && cluster !== undefined
        ? { signedFile: join(flags.certDirectory, 'kubelet-server-current.pem') }
        : {}),
      hostname: nodeName,
      alternativeNames: ['localhost', '127.0.0.1', ...node.facts.nodeIps],
      ...(config.tlsCertFile !== '' && config.tlsPrivateKeyFile !== ''
        ? { certFile: config.tlsCertFile, keyFile: config.tlsPrivateKeyFile }
        : {}),
    },
    ...(config.tlsMinVersion === 'VersionTLS13' ? { tlsMinVersion: 'TLSv1.3' as const } : {}),
    ...(ciphers === undefined ? {} : { tlsCiphers: ciphers }),
    ...(config['authentication.x509.clientCAFile'] === '' ? {} : { clientCaFile: config['authentication.x509.clientCAFile'] }),
    ...(flags.tokenAuthFile === undefined ? {} : { tokenFile: flags.tokenAuthFile }),
    anonymous: config['authentication.anonymous.enabled'],
    authorization: authorizationMode(config),
    ...(cluster === undefined
      ? {}
      : { reviews: config['authentication.webhook.enabled'] ? cluster.reviews : { access: cluster.reviews.access } }),
    debuggingHandlers: config.enableDebuggingHandlers,
    runtimeSocket: config.containerRuntimeEndpoint.replace(/^unix:\/\//, ''),
    measuresVolumes: config.volumeStatsAggPeriod > 0,
    ...(config.volumeStatsAggPeriod > 0 ? { volumeStatsPeriodMs: config.volumeStatsAggPeriod } : {}),
    ...(config.enableSystemLogHandler ? { nodeLogDirectory: '/var/log', nodeLogQueries: config.enableSystemLogQuery } : {}),
  };
};

const authorizationMode = (config: KubeletConfiguration): NodeApiOptions['authorization'] => {
  const mode = config['authorization.mode'];
  return mode === 'AlwaysAllow' || mode === 'Webhook' ? mode : 'Roles';
};

/** What an operator should know about who gets in. */
export const accessWarnings = (
  config: KubeletConfiguration,
  { tokenAuthFile, kubeApi }: Pick<KubeletContext['flags'], 'tokenAuthFile' | 'kubeApi'>,
): readonly string[] => {
  const { enableServer, address, port, readOnlyPort } = config;
  if (!enableServer) {
    const idle = [
      ...(port === DEFAULT_PORT ? [] : [`port ${port}`]),
      ...(readOnlyPort > 0 ? [`readOnlyPort ${readOnlyPort}`] : []),
      ...(tokenAuthFile === undefined || kubeApi !== undefined ? [] : [`--token-auth-file ${tokenAuthFile}`]),
    ];
    const what = `enableServer is false: nothing listens for clients, so ${idle.join(', ')} ${idle.length === 1 ? 'counts' : 'count'} for nothing`;
    return idle.length === 0 ? [] : [`${what} (--enable-server, or enableServer: true in the configuration file)`];
  }
  const open = config['authorization.mode'] === 'AlwaysAllow';
  const who = config['authentication.anonymous.enabled'] ? 'anybody who reaches' : 'whoever is known to';
  return [
    ...(open ? [`authorization.mode AlwaysAllow: ${who} ${address}:${port} may run commands in every container`] : []),
    ...(readOnlyPort > 0 ? [`readOnlyPort: anybody who reaches ${address}:${readOnlyPort} may read pods, environment included`] : []),
  ];
};
