import { type Pod, parseManifest, renderIssues } from '@solo-kubelet/pod-spec';

export interface CheckedManifest {
  readonly ok: boolean;
  /** Every Pod of the file, as the kubelet would run it. */
  readonly pods: readonly Pod[];
  /** What is wrong or doubtful, with excerpts; empty when nothing is. */
  readonly report: string;
}

export interface CheckManifestOptions {
  /** Where the file is to lie: part of the pods' identity. */
  readonly path: string;
  readonly nodeName: string;
  /** The name to show in messages. Default `path`. */
  readonly shownPath?: string;
}

/** Checks a file as the kubelet's manifest directory would. */
export const checkManifest = (text: Uint8Array, { path, nodeName, shownPath = path }: CheckManifestOptions): CheckedManifest => {
  const { documents } = parseManifest(text, { path, nodeName, source: 'file' });
  const results = documents.map(({ result }) => result);
  const issues = results.flatMap((result) => (result.ok ? result.warnings : result.issues));
  const messages = results.flatMap((result) =>
    !result.ok && result.issues.length === 0 && result.message !== '' ? [`${shownPath}: ${result.message}\n`] : [],
  );
  const located = issues.map((issue) => ({ ...issue, path: shownPath }));
  return {
    ok: results.length > 0 && results.every(({ ok }) => ok),
    pods: results.flatMap((result) => (result.ok ? [result.pod] : [])),
    report: `${messages.join('')}${located.length === 0 ? '' : renderIssues(located, new TextDecoder().decode(text), { color: false })}${results.length === 0 ? `${shownPath}: there is no Pod in it\n` : ''}`,
  };
};
