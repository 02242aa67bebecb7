import { unknownCiphers } from '../api/cipher-suites.js';
import { fieldPaths } from './decode-configuration.js';
import { ineffectiveGates, isGateEnabled, lockedGates } from './feature-gates.js';
import type { Effect, Field } from './field-kinds.js';
import { type FieldPath, fields, type KubeletConfiguration } from './fields.js';
import { isSameJson } from './same-json.js';

export interface StandaloneEffects {
  /** Values that would silently change what the kubelet does: it must not start. */
  readonly refused: readonly string[];
  /** Values that are not supported and only mean that less is done. */
  readonly warnings: readonly string[];
  /** Fields that were set to something else than the default and have nothing to act on. */
  readonly withoutEffect: readonly FieldPath[];
}

/** Sorts every field that is not simply honoured by what its value means here. */
export const standaloneEffects = (
  config: KubeletConfiguration,
  { connected = false }: { readonly connected?: boolean } = {},
): StandaloneEffects => {
  const table: Readonly<Record<FieldPath, Field<unknown>>> = fields;
  const notSupported = (path: FieldPath, otherwise: 'refuse' | 'warn'): readonly string[] => {
    const { effect, note, kind } = table[path];
    if (effect.type !== 'notSupported' || effect.otherwise !== otherwise || isAccepted(effect, config[path])) return [];
    return [`${path}: ${JSON.stringify(kind.encode(config[path]))} is not supported${note === '' ? '' : `: ${note}`}`];
  };
  return {
    refused: [
      ...authentication(config, connected),
      ...lockedGates(config.featureGates),
      ...unknownCiphers(config.tlsCipherSuites),
      ...fieldPaths.flatMap((path) => notSupported(path, 'refuse')),
    ],
    warnings: [
      ...ineffectiveGates(config.featureGates),
      ...unusedSysctls(config),
      ...fieldPaths.flatMap((path) => notSupported(path, 'warn')),
    ],
    withoutEffect: fieldPaths.filter((path) => table[path].effect.type === 'noEffect' && !isSameJson(config[path], table[path].fallback)),
  };
};

const unusedSysctls = ({ defaultPodSysctls, featureGates }: KubeletConfiguration): readonly string[] =>
  Object.keys(defaultPodSysctls).length === 0 || isGateEnabled(featureGates, 'DefaultPodSysctls')
    ? []
    : ['defaultPodSysctls changes nothing: it needs the feature gate DefaultPodSysctls'];

const isAccepted = (effect: Effect & { type: 'notSupported' }, value: unknown): boolean =>
  effect.accepted.some((accepted) => isSameJson(accepted, value));

/** The modes that need an API server, in upstream's words (cmd/kubelet/app/auth.go). */
const authentication = (config: KubeletConfiguration, connected: boolean): readonly string[] => {
  const mode = config['authorization.mode'];
  return [
    ...(config['authentication.webhook.enabled'] && !connected ? ['no client provided, cannot use webhook authentication'] : []),
    ...(config.serverTLSBootstrap && !connected ? ['no client provided, cannot ask for the certificate of serverTLSBootstrap'] : []),
    ...(mode === 'Webhook' && !connected ? ['no client provided, cannot use webhook authorization'] : []),
    ...(!['Webhook', 'AlwaysAllow', 'Roles'].includes(mode) ? [`unknown authorization mode ${mode}`] : []),
  ];
};
