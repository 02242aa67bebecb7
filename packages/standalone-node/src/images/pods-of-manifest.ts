import { parseMixedManifest } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';

/** What a Pod of a manifest runs, also one that a workload will make. */
export type PlannedPod = Pick<Pod, 'spec'>;

/** The Pods that a manifest asks for, and the templates of its workloads' Pods. What is wrong in it is passed over: `validate` tells of that. */
export const podsOfManifest = (text: string, options: { readonly path: string; readonly nodeName: string }): readonly PlannedPod[] =>
  parseMixedManifest(text, options).documents.flatMap(({ result }) => {
    if (!result.ok) return [];
    if ('pod' in result) return [result.pod];
    const { spec } = result.object as { readonly spec?: WorkloadSpec };
    const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
    return template?.spec === undefined ? [] : [{ spec: template.spec }];
  });

interface WorkloadSpec {
  readonly template?: { readonly spec?: Pod['spec'] };
  readonly jobTemplate?: { readonly spec?: { readonly template?: { readonly spec?: Pod['spec'] } } };
}
