import { type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { GatewayClass } from '../../gen/object-types.js';
import { validateUnchanged } from '../immutable-field.js';
import type { KindRules } from '../kind-rules.js';
import { validatePattern, validateReference } from './crd-rules.js';

const MAX_CONTROLLER = 253;
const CONTROLLER = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;
const MAX_DESCRIPTION = 64;

const validate = ({ spec }: GatewayClass, report: Report): void => {
  validatePattern(spec?.controllerName, 'spec.controllerName', report, { pattern: CONTROLLER, max: MAX_CONTROLLER, required: true });
  if (spec?.parametersRef !== undefined) validateReference(spec.parametersRef, 'spec.parametersRef', report);
  if ((spec?.description ?? '').length > MAX_DESCRIPTION) report.tooLong('spec.description', MAX_DESCRIPTION);
};

export const gatewayClassRules: KindRules<GatewayClass> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  validate,
  validateUpdate: (object, old, report) => {
    validateUnchanged(
      { struct: 'GatewayClassSpec', name: 'controllerName', field: 'spec.controllerName' },
      object.spec ?? {},
      old.spec ?? {},
      report,
    );
    validate(object, report);
  },
};
