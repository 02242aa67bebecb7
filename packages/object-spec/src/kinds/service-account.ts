import { subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ServiceAccount } from '../gen/object-types.js';
import type { KindRules } from './kind-rules.js';

const ENFORCE_MOUNTABLE_SECRETS = 'kubernetes.io/enforce-mountable-secrets';

const isEnforced = ({ metadata }: ServiceAccount): boolean => metadata.annotations?.[ENFORCE_MOUNTABLE_SECRETS] !== undefined;

export const serviceAccountRules: KindRules<ServiceAccount> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  // Only the names of secrets count.
  prepareCreate: (account) => {
    if (account.secrets !== undefined) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
  },
  validate: () => undefined,
  validateUpdate: () => undefined,
  warnings: (account, update) =>
    isEnforced(account) && (update === undefined || !isEnforced(update.old))
      ? [
          `metadata.annotations[${ENFORCE_MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [],
};
