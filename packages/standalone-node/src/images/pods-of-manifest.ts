import { parseMixedManifest } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';

/** What a Pod of a manifest runs, also one that a workload will make. */
export interface PlannedPod extends Pick<Pod, 'spec'> {
  readonly namespace: string;
  /** The Pod's own as its document has it, or what the names of a workload's Pods begin with. */
  readonly name: string;
}

/** The Pods that a manifest asks for, and the templates of its workloads' Pods. What is wrong in it is passed over: `validate` tells of that. */
export const podsOfManifest = (text: string, options: { readonly path: string; readonly nodeName: string }): readonly PlannedPod[] =>
  parseMixedManifest(text, options).documents.flatMap(({ result }) => {
    if (!result.ok) return [];
    const { metadata } = 'pod' in result ? result.pod : result.object;
    const named = { name: metadata.name ?? '', namespace: metadata.namespace ?? 'default' };
    if ('pod' in result) return [{ ...named, spec: result.pod.spec }];
    const { spec } = result.object as { readonly spec?: WorkloadSpec };
    const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
    return template?.spec === undefined ? [] : [{ ...named, spec: template.spec }];
  });

interface WorkloadSpec {
  readonly template?: { readonly spec?: Pod['spec'] };
  readonly jobTemplate?: { readonly spec?: { readonly template?: { readonly spec?: Pod['spec'] } } };
}
