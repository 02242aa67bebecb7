import type { Pod } from '../gen/pod-types.js';
import type { HostPathWarning } from './host-path-warnings.js';

/** The classes that every cluster has, with their numbers (pkg/apis/scheduling/types.go). */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);
/** The most that anybody else may give. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** A static Pod's priority that no API server would give it: it runs all the same (kubernetes/kubernetes 136705). */
export const priorityWarnings = ({ spec: { priority, priorityClassName = '' } }: Pod): readonly HostPathWarning[] => {
  if (priority === undefined) return [];
  const ofClass = SYSTEM_CLASSES.get(priorityClassName);
  if (ofClass !== undefined && priority !== ofClass) {
    return [{ field: 'spec.priority', message: `the priority of class ${priorityClassName} is ${ofClass}, not ${priority}` }];
  }
  if (ofClass === undefined && priority > HIGHEST_USER_PRIORITY) {
    return [{ field: 'spec.priority', message: `priorities above ${HIGHEST_USER_PRIORITY} are those of system classes: ${priority}` }];
  }
  return [];
};
