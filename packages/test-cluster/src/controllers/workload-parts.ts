import type { StoredObject } from '@solo-kubelet/api-server';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import { controllerName, type NewPod, type ObservedPod, type PodIdentity, type WorkloadEvent } from '@solo-kubelet/workloads';
import { type ControllerApi, RefusedError } from './controller-api.js';
import { controlledBy, isControlledBy } from './owners.js';

/** What the controllers of workloads compute is in terms of Pods, which are objects of the server here. */
export const asPod = (object: StoredObject): ObservedPod => object as unknown as ObservedPod;

export const podsOf = (api: ControllerApi, owner: StoredObject): readonly StoredObject[] =>
  api.list('Pod', owner.metadata.namespace).filter((pod) => isControlledBy(pod, owner));

/** Whether nobody has begun to delete it. */
export const isWanted = (object: StoredObject | undefined): object is StoredObject =>
  object !== undefined && !object.metadata.deletionTimestamp;

let eventNumber = 0;

/** Tells of an object, as an Event. */
export const tell = (api: ControllerApi, about: StoredObject, component: string, events: readonly WorkloadEvent[]): void => {
  const { namespace = 'default', name = '', uid } = about.metadata;
  const time = metaTime(api.now());
  for (const { type, reason, message } of events) {
    eventNumber += 1;
    api.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.${api.now().toString(16)}${eventNumber.toString(16)}` },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid },
      ...{ type, reason, message, count: 1, firstTimestamp: time, lastTimestamp: time, source: { component } },
    });
  }
};

/** Makes and ends the Pods of a workload. A Pod that the server refuses is told of. @throws RefusedError */
export const carryOut = (
  api: ControllerApi,
  owner: StoredObject,
  decision: { readonly create: readonly NewPod[]; readonly delete: readonly PodIdentity[]; readonly events: readonly WorkloadEvent[] },
): void => {
  const component = controllerName(owner.kind);
  const failures: RefusedError[] = [];
  const made = new Set<string>();
  for (const pod of decision.create) {
    try {
      const metadata = { ...pod.metadata, namespace: owner.metadata.namespace!, ownerReferences: controlledBy(owner) };
      api.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: pod.spec });
      made.add(pod.metadata.name);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      failures.push(error);
    }
  }
  for (const { name = '', uid } of decision.delete) {
    const pod = api.get('Pod', owner.metadata.namespace, name);
    if (pod !== undefined && pod.metadata.uid === uid) api.remove(pod);
  }
  const unmade = decision.create.filter(({ metadata }) => !made.has(metadata.name)).map(({ metadata }) => metadata.name);
  tell(
    api,
    owner,
    component,
    decision.events.filter(({ message }) => !unmade.some((name) => message.includes(name))),
  );
  if (failures.length === 0) return;
  tell(api, owner, component, [{ type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${failures[0]!.message}` }]);
  throw failures[0]!;
};

/** Sets the status, if it is another one. */
export const setStatus = (api: ControllerApi, kind: string, { metadata }: StoredObject, status: object): void => {
  const now = api.get(kind, metadata.namespace, metadata.name!);
  if (now === undefined || now.metadata.uid !== metadata.uid) return;
  // A field that is empty is not kept.
  const kept = Object.entries(status).filter(([, value]) => value !== undefined);
  api.replace({ ...now, status: Object.fromEntries(kept) }, 'status');
};
