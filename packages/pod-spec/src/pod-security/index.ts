export { type EvaluateOptions, evaluatePod, securityCheckIds, violationText } from './evaluate-pod.js';
export {
  compareLevels,
  isSameLevel,
  type LevelAt,
  levelText,
  parseLevel,
  readPolicy,
  type SecurityLevel,
  type SecurityPolicy,
} from './policy.js';
export type { Violation } from './security-check.js';
