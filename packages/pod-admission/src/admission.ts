import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { catchError, concatMap, defaultIfEmpty, defer, type Observable, of, take } from 'rxjs';

/** What a Pod is asked for by, and whether it may be changed. */
export interface AdmissionRequest {
  /** `Pod`, or the kind of the workload whose template is looked at: its Pods are made as it says. */
  readonly kind: string;
  readonly namespace: string;
  /** Of the Pod as it runs here, or of the workload. */
  readonly name: string;
  readonly nodeName: string;
  /** Whether changes count. False for Pods that an API server gave to this node: those may only be rejected. */
  readonly mayChange: boolean;
}

/** Why a Pod may not run. */
export interface AdmissionRejection {
  readonly type: 'rejection';
  /** Who says so: the file of a policy. */
  readonly policy: string;
  readonly rule: string;
  /** E.g. `spec.containers[0].image`; empty where no single field is meant. */
  readonly field: string;
  readonly message: string;
  /** Nobody looked at the Pod, such as while a plugin is being restarted: another try may admit it. */
  readonly retryable: boolean;
}

/** Says what becomes of a Pod: the same Pod, a changed one, or why it may not run. One value; a failure counts as a rejection (`inOrder`). */
export type Admission = (pod: Pod, request: AdmissionRequest) => Observable<Pod | AdmissionRejection>;

export const isRejection = (outcome: Pod | AdmissionRejection): outcome is AdmissionRejection =>
  (outcome as Partial<AdmissionRejection>).type === 'rejection';

const failed = (message: string): AdmissionRejection => ({
  type: 'rejection',
  policy: '',
  rule: '',
  field: '',
  message,
  retryable: true,
});

/** One after the other, each given what the one before made of the Pod; the first rejection counts. A step that fails, or says nothing, rejects. */
export const inOrder =
  (...steps: readonly Admission[]): Admission =>
  (pod, request) =>
    steps.reduce<Observable<Pod | AdmissionRejection>>(
      (given$, step) =>
        given$.pipe(
          concatMap((given) =>
            isRejection(given)
              ? of(given)
              : defer(() => step(given, request)).pipe(
                  take(1),
                  defaultIfEmpty(failed('an admission step said nothing')),
                  catchError((error: unknown) => of(failed(`an admission step failed: ${describeError(error)}`))),
                ),
          ),
        ),
      of(pod),
    );

/** A rejection in the words of an API server: `pods "web" is forbidden: …`. `resource`: of the kind that was asked for. */
export const rejectionText = (resource: string, name: string, rejection: AdmissionRejection): string =>
  `${resource} ${JSON.stringify(name)} is forbidden: ${rejectionReason(rejection)}`;

/** The same without whom it is about. */
export const rejectionReason = ({ policy, rule, field, message }: AdmissionRejection): string =>
  `${policy === '' ? 'admission' : `admission policy ${policy}`}${rule === '' ? '' : `, rule ${JSON.stringify(rule)},`} denied the request: ${field === '' ? '' : `${field}: `}${message}`;
