import { boundedValue } from '@solo-kubelet/diagnostics/nesting';
import { type FeatureGates, losslessJson, type Pod, parsePod } from '@solo-kubelet/pod-spec';
import { canonicalText, contentText } from './pod-parts.js';

export interface OutcomeOptions {
  readonly nodeName: string;
  readonly featureGates?: FeatureGates;
}

export type CheckedOutcome =
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly field: string; readonly message: string };

/**
 * What a step of admission made of a Pod, read as if somebody had written it: whatever a plugin gives back, nothing comes of it but a valid Pod with the
 * identity that it had. The Pod itself where nothing differs.
 */
export const checkOutcome = (asked: Pod, made: Pod, { nodeName, featureGates }: OutcomeOptions): CheckedOutcome => {
  if (asked === made) return { ok: true, pod: asked };
  const moved = IDENTITY.find((field) => canonicalText(asked.metadata[field]) !== canonicalText(made.metadata?.[field]));
  if (moved !== undefined)
    return { ok: false, field: `metadata.${moved}`, message: 'admission may change labels, annotations and spec alone' };
  if (contentText(asked) === contentText(made)) return { ok: true, pod: asked };
  const { labels, annotations } = made.metadata;
  const { ephemeralContainers, ...spec } = made.spec;
  const text = losslessJson(boundedValue({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'outcome', labels, annotations }, spec }));
  const result = parsePod(text, { path: 'outcome', nodeName, source: 'url', objects: true, ...(featureGates && { featureGates }) });
  const note = result.ok ? result.warnings.find(({ code }) => code === 'UNKNOWN_FIELD') : result.issues[0];
  if (!result.ok || note !== undefined) {
    return { ok: false, field: note?.field ?? '', message: note?.message || (result.ok ? '' : result.message) };
  }
  const { nodeName: _nodeName, ...checked } = result.pod.spec;
  const node = asked.spec.nodeName;
  return {
    ok: true,
    pod: {
      ...asked,
      metadata: { ...asked.metadata, ...(labels && { labels }), ...(annotations && { annotations }) },
      spec: { ...checked, ...(node !== undefined && { nodeName: node }), ...(ephemeralContainers && { ephemeralContainers }) },
    },
  };
};

const IDENTITY = ['name', 'namespace', 'uid'] as const;
