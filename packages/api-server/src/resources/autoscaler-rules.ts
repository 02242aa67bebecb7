import { subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import { innerOf, specOf, type Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

const DEFAULT_METRICS = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];

const fillRules = (rules: Values | undefined, policies: readonly Values[]): void => {
  if (rules === undefined) return;
  rules['selectPolicy'] ??= 'Max';
  if (((rules['policies'] ?? []) as readonly unknown[]).length === 0) rules['policies'] = structuredClone(policies);
};

const UP = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

/** Of autoscaling/v2 what is needed to keep such objects; nothing here scales. */
export const autoscalerRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  fillDefaults: (draft) => {
    const spec = specOf(draft);
    spec['minReplicas'] ??= 1;
    if (((spec['metrics'] ?? []) as readonly unknown[]).length === 0) spec['metrics'] = structuredClone(DEFAULT_METRICS);
    const behavior = spec['behavior'] as Values | undefined;
    if (behavior === undefined) return;
    const up = innerOf(behavior, 'scaleUp') as Values;
    fillRules(up, UP);
    up['stabilizationWindowSeconds'] ??= 0;
    fillRules(innerOf(behavior, 'scaleDown') as Values, DOWN);
  },
  validate: ({ spec = {} }, report) => {
    const [min, max] = [spec['minReplicas'] as number, spec['maxReplicas'] as number];
    if (min < 1) report.invalid('spec.minReplicas', min, 'must be greater than or equal to 1');
    if (max < 1) report.invalid('spec.maxReplicas', max, 'must be greater than 0');
    if (max < min) report.invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`');
    const target = spec['scaleTargetRef'] as Values;
    for (const name of ['kind', 'name']) if (!target[name]) report.required(`spec.scaleTargetRef.${name}`);
  },
});
