import { ageOf } from '../age.js';
import { firstAndMore, quantityText } from '../cell-text.js';
import { AGE_COLUMN, column, NAME_COLUMN } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isJsonObject, listAt, nameOf, numberAt, optionalNumberAt, textAt } from '../read-field.js';

/** Of autoscaling/v2, and of autoscaling/v1, whose only metric is the CPU. */
export const horizontalPodAutoscalerTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Reference',
      'string',
      'scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.',
    ),
    column(
      'Targets',
      'string',
      'metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).  The desired replica count is calculated multiplying the ratio between the target value and the current value by the current number of pods.  Ergo, metrics used must decrease as the pod count is increased, and vice-versa.  See the individual metric source types for more information about how each type of metric must respond. If not set, the default metric will be set to 80% average CPU utilization.',
    ),
    column(
      'MinPods',
      'string',
      'minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.  It defaults to 1 pod.  minReplicas is allowed to be 0 if the alpha feature gate HPAScaleToZero is enabled and at least one Object or External metric is configured.  Scaling is active as long as at least one metric value is available.',
    ),
    column(
      'MaxPods',
      'string',
      'maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up. It cannot be less that minReplicas.',
    ),
    column(
      'Replicas',
      'string',
      'currentReplicas is current number of replicas of pods managed by this autoscaler, as last seen by the autoscaler.',
    ),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    `${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`,
    metricsText(object),
    String(optionalNumberAt(object, 'spec', 'minReplicas') ?? '<unset>'),
    numberAt(object, 'spec', 'maxReplicas'),
    numberAt(object, 'status', 'currentReplicas'),
    ageOf(object, nowMs),
  ],
};

const SHOWN = 2;

const metricsText = (object: unknown): string => {
  const specs = listAt(object, 'spec', 'metrics');
  const statuses = listAt(object, 'status', 'currentMetrics');
  const texts = specs.map((spec, index) => metricText(spec, statuses[index]));
  const cpu = optionalNumberAt(object, 'spec', 'targetCPUUtilizationPercentage');
  if (cpu !== undefined)
    texts.unshift(`cpu: ${percent(optionalNumberAt(object, 'status', 'currentCPUUtilizationPercentage')) ?? UNKNOWN}/${cpu}%`);
  return firstAndMore(texts, SHOWN, ', ') || '<none>';
};

const UNKNOWN = '<unknown>';
const percent = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}%`);

/** Current and wanted value of one metric, e.g. `cpu: 12%/80%`, `10/20 (avg)`. */
const metricText = (spec: unknown, status: unknown): string => {
  const type = textAt(spec, 'type');
  const source = Object.hasOwn(SOURCES, type) ? SOURCES[type]! : undefined;
  if (source === undefined) return '<unknown type>';
  const target = fieldAt(spec, source, 'target');
  const current = fieldAt(status, source, 'current');
  const isKnown = isJsonObject(fieldAt(status, source));
  const average = fieldAt(target, 'averageValue');
  const currentAverage = fieldAt(current, 'averageValue');
  if (source === 'resource' || source === 'containerResource') {
    const name = textAt(spec, source, 'name');
    if (isSet(average)) return `${name}: ${isKnown ? quantityText(currentAverage) : UNKNOWN}/${quantityText(average)}`;
    const utilization = percent(optionalNumberAt(current, 'averageUtilization')) ?? UNKNOWN;
    return `${name}: ${utilization}/${percent(optionalNumberAt(target, 'averageUtilization')) ?? '<auto>'}`;
  }
  if (source === 'pods') return `${isKnown ? quantityText(currentAverage) : UNKNOWN}/${quantityText(average)}`;
  if (isSet(average)) return `${isSet(currentAverage) ? quantityText(currentAverage) : UNKNOWN}/${quantityText(average)} (avg)`;
  return `${isKnown ? quantityText(fieldAt(current, 'value')) : UNKNOWN}/${quantityText(fieldAt(target, 'value'))}`;
};

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

const SOURCES: Readonly<Record<string, 'external' | 'pods' | 'object' | 'resource' | 'containerResource'>> = {
  External: 'external',
  Pods: 'pods',
  Object: 'object',
  Resource: 'resource',
  ContainerResource: 'containerResource',
};
