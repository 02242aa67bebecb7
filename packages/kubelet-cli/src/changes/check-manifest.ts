import { type ApiObject, type ObjectKind, parseMixedManifest } from '@solo-kubelet/object-spec';
import { type FeatureGates, type Pod, renderIssues } from '@solo-kubelet/pod-spec';

/** An object of a manifest that is no Pod. */
export interface CheckedObject {
  /** `Deployment.apps/default/web`, as the node names it. */
  readonly key: string;
  readonly kind: ObjectKind;
  readonly name: string;
  /** With its defaults. */
  readonly object: ApiObject;
}

export interface CheckedManifest {
  readonly ok: boolean;
  /** Every Pod of the file, as the kubelet would run it. */
  readonly pods: readonly Pod[];
  /** Every other object of the file that is valid. */
  readonly objects: readonly CheckedObject[];
  /** What is wrong or doubtful, with excerpts; empty when nothing is. */
  readonly report: string;
}

export interface CheckManifestOptions {
  /** Where the file is to lie: part of the pods' identity. */
  readonly path: string;
  readonly nodeName: string;
  /** The name to show in messages. Default `path`. */
  readonly shownPath?: string;
  /** As the kubelet has them. Default: every gate as Kubernetes has it. */
  readonly featureGates?: FeatureGates;
}

/** Checks a file as the kubelet's manifest directory would. */
export const checkManifest = (
  text: Uint8Array,
  { path, nodeName, shownPath = path, featureGates = {} }: CheckManifestOptions,
): CheckedManifest => {
  const { documents } = parseMixedManifest(text, { path, nodeName, source: 'file', featureGates });
  const results = documents.map(({ result }) => result);
  const issues = results.flatMap((result) => (result.ok ? result.warnings : result.issues));
  const messages = results.flatMap((result) =>
    !result.ok && result.issues.length === 0 && result.message !== '' ? [`${shownPath}: ${result.message}\n`] : [],
  );
  const located = issues.map((issue) => ({ ...issue, path: shownPath }));
  return {
    ok: results.length > 0 && results.every(({ ok }) => ok),
    pods: documents.flatMap((document) => (document.type === 'pod' && document.result.ok ? [document.result.pod] : [])),
    objects: documents.flatMap((document) =>
      document.type === 'object' && document.result.ok && document.key !== undefined
        ? [
            {
              key: document.key,
              kind: document.result.kind,
              name: document.result.object.metadata.name ?? '',
              object: document.result.object,
            },
          ]
        : [],
    ),
    report: `${messages.join('')}${located.length === 0 ? '' : `${renderIssues(located, new TextDecoder().decode(text), { color: false }).trimEnd()}\n`}${results.length === 0 ? `${shownPath}: there is no Pod in it\n` : ''}`,
  };
};
