import type { FieldError } from '@solo-kubelet/pod-spec';
import type { Draft } from '@solo-kubelet/pod-spec/schema';
import { objectKinds } from '../kinds/object-kind.js';
import type { ApiObject } from '../object/api-object.js';
import { judgeUpdate } from '../object/judge-object.js';
import { otherObject } from '../parse/parse-object.js';
import { finishObject } from '../parse/read-object.js';

/** What a change comes to. */
export type ObjectUpdate =
  | {
      readonly ok: true;
      /** The new object as it would be kept. */
      readonly object: ApiObject;
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly errors: readonly FieldError[];
      /** Why it is refused where broken rules are not the reason; else empty. */
      readonly message: string;
    };

/** Says whether an object may take the place of another, by the rules of Kubernetes 1.36; both as `parseObject` gives them. Changes neither. */
export const validateObjectUpdate = (
  old: ApiObject,
  updated: ApiObject,
  { allowPrivileged = true }: { readonly allowPrivileged?: boolean } = {},
): ObjectUpdate => {
  const message = otherObject(old, updated);
  const kind = objectKinds.find((each) => each.kind === updated.kind);
  if (message !== '' || kind === undefined) return { ok: false, errors: [], message: message || `${updated.kind} is not known` };
  const draft = structuredClone(updated) as Draft<ApiObject>;
  const judgement = judgeUpdate(draft, old, kind, { allowPrivileged });
  return judgement.ok
    ? { ok: true, object: finishObject(draft, kind), warnings: judgement.warnings }
    : { ok: false, errors: judgement.errors, message: '' };
};
