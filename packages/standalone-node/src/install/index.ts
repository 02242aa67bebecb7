export { askRuntime, describeAnswer, type RuntimeAnswer } from './ask-runtime.js';
export { bundleDrivePlan, DRIVE_RULES_PATH, DRIVE_UNIT_PATH } from './bundle-drive-plan.js';
export { carryOut, type StepResult, undo } from './carry-out.js';
export {
  ADMIN_KUBECONFIG_PATH,
  CONFIG_PATH,
  type InstallOptions,
  type InstallStep,
  installPlan,
  JOIN_VARIABLE,
  kubeApiOfUnit,
  MANIFEST_DIRECTORY,
  UNIT_PATH,
} from './install-plan.js';
export { JOIN_PATHS, JOIN_UNIT_PATH, type JoinFile, type JoinOptions, joinPlan, KUBECONFIG_PATH } from './join-plan.js';
export { describeWriter, describeWriters, findOtherWriters, type OtherWriter } from './other-writers.js';
export { programVersion } from './program-version.js';
export { runSystemctl, type ServiceReport, type Systemctl, type SystemctlResult, startService } from './start-service.js';
