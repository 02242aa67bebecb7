import { hasPodResources, type Pod, type PodQOSClass, podQosClass } from '@solo-kubelet/pod-spec';

/** The class that an API server of 1.36 records: resources of the whole Pod decide, even with nothing in them. To kubelets such are none, as since 1.37. */
export const recordedQosClass = (pod: Pick<Pod, 'spec'>): PodQOSClass =>
  pod.spec.resources !== undefined && !hasPodResources(pod) ? 'BestEffort' : podQosClass(pod);
