import { configMapRules } from './config-map.js';
import { deploymentRules } from './deployment.js';
import type { RulesByKind } from './kind-rules.js';
import { secretRules } from './secret.js';

/** The rules of every kind. */
export const rulesByKind: RulesByKind = {
  ConfigMap: configMapRules,
  Secret: secretRules,
  Deployment: deploymentRules,
};
