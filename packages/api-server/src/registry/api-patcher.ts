import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type PatchError,
  type PatchResult,
  readJsonPatch,
  readMergePatch,
  readStrategicMergePatch,
} from '@solo-kubelet/api-patch';
import { decodeUtf8, type FeatureGates } from '@solo-kubelet/pod-spec/schema';
import { ApiError } from '../status/api-error.js';
import type { StoredObject } from '../stored-object.js';
import type { PatchedObject, Patcher, PatchForm } from './patcher.js';

/** A refusal of a patch as an answer has it. */
export const patchRefusal = (error: PatchError): ApiError =>
  new ApiError({
    code: error.code,
    reason: error.reason,
    message: error.message,
    ...(error.type === 'unprocessable' && { details: {} }),
    ...(error.type === 'applyConflict' && { details: { causes: error.causes } }),
  });

const taken = <Success extends object>(result: PatchResult<Success>): Success => {
  if (!result.ok) throw patchRefusal(result.error);
  return result;
};

interface PatchInput {
  readonly form: PatchForm;
  readonly text: string;
  readonly current: StoredObject;
  readonly validate: boolean;
  readonly gates: FeatureGates | undefined;
}

const applied = ({ form, text, current, validate, gates }: PatchInput): PatchedObject => {
  switch (form) {
    case 'json': {
      const { patch, strictErrors } = taken(readJsonPatch(text, { validate }));
      return { value: taken(applyJsonPatch(current, patch)).object, strictErrors };
    }
    case 'merge': {
      const { patch, strictErrors } = taken(readMergePatch(text, { validate }));
      return { value: taken(applyMergePatch(current, patch)).object, strictErrors };
    }
    case 'strategic': {
      const { patch, strictErrors } = taken(readStrategicMergePatch(text, { validate }));
      const { apiVersion, kind } = current;
      return { value: taken(applyStrategicMergePatch({ apiVersion, kind, gates }, current, patch)).object, strictErrors };
    }
  }
};

/** Patches by the package for them. */
export const apiPatcher: Patcher = {
  patch: (form, body, current, _resource, _kind, validate, gates) => applied({ form, text: decodeUtf8(body), current, validate, gates }),
};
