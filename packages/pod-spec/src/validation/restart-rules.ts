import type { Container, ContainerRestartRule } from '../gen/pod-types.js';
import type { Report } from './report.js';

const POLICIES = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart', 'RestartAllContainers'];
const OPERATORS = ['In', 'NotIn'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** A container's own restart policy. The rules of an init container without a policy are not looked at any further. */
export const validateRestart = (
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
  { isInit }: { readonly isInit: boolean },
  field: string,
  report: Report,
): void => {
  if (restartPolicy === undefined) {
    if (rules.length > 0) report.required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used');
    if (isInit) return;
  } else if (!POLICIES.includes(restartPolicy)) report.notSupported(`${field}.restartPolicy`, restartPolicy, POLICIES);
  if (rules.length > MAX_RULES) report.tooMany(`${field}.restartPolicyRules`, rules.length, MAX_RULES);
  for (const [i, rule] of rules.entries()) validateRule(rule, `${field}.restartPolicyRules[${i}]`, report);
};

const validateRule = (rule: ContainerRestartRule, field: string, report: Report): void => {
  const { action = '', exitCodes } = rule;
  if (!ACTIONS.includes(action)) report.notSupported(`${field}.action`, action, ACTIONS);
  if (exitCodes === undefined) {
    report.required(`${field}.exitCodes`, 'must be specified');
    return;
  }
  const { operator = '', values = [] } = exitCodes;
  if (!OPERATORS.includes(operator)) report.notSupported(`${field}.exitCodes.operator`, operator, OPERATORS);
  if (values.length > MAX_EXIT_CODES) report.tooMany(`${field}.exitCodes.values`, values.length, MAX_EXIT_CODES);
};
