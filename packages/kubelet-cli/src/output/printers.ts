import type { EventObject, ManifestObject, SourceObject } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { ImageObject } from '../client/node-client.js';
import { podRow } from '../client/pod-row.js';
import { ageOf } from './human-duration.js';
import type { ObjectPrinter } from './print-objects.js';

export interface PrinterOptions {
  readonly now: () => number;
  /** A first column NAMESPACE. */
  readonly withNamespace: boolean;
}

export const podPrinter = ({ now, withNamespace }: PrinterOptions): ObjectPrinter<Pod> => ({
  columns: [...(withNamespace ? ['NAMESPACE'] : []), 'NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'],
  wideColumns: ['IP', 'NODE'],
  row: (pod) => {
    const { namespace, name, ready, status, restarts, age } = podRow(pod, now());
    return [...(withNamespace ? [namespace] : []), name, ready, status, restarts, age];
  },
  wideRow: (pod) => {
    const { ip, node } = podRow(pod, now());
    return [ip, node];
  },
  name: ({ metadata }) => `pod/${metadata?.name}`,
  listKind: 'List',
});

export const eventPrinter = ({ now, withNamespace }: PrinterOptions): ObjectPrinter<EventObject> => ({
  columns: [...(withNamespace ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
  row: ({ metadata, lastTimestamp, firstTimestamp, count = 1, type, reason, involvedObject, message }) => {
    const last = ageOf(lastTimestamp, now());
    const seen = count > 1 ? `${last} (x${count} over ${ageOf(firstTimestamp, now())})` : last;
    const object = `${involvedObject?.kind?.toLowerCase() ?? 'pod'}/${involvedObject?.name ?? ''}`;
    // As kubectl describes events: which container one is about stands before its message.
    const about = involvedObject?.fieldPath ? `${involvedObject.fieldPath}: ` : '';
    return [...(withNamespace ? [metadata?.namespace ?? ''] : []), seen, type, reason, object, about + message.trim()];
  },
  name: ({ metadata }) => `event/${metadata?.name}`,
  listKind: 'List',
});

export const imagePrinter: ObjectPrinter<ImageObject> = {
  columns: ['IMAGE', 'ID', 'SIZE'],
  wideColumns: ['PINNED'],
  row: ({ names, id, sizeBytes }) => [names[0] ?? '<none>', id.replace(/^sha256:/, '').slice(0, 13), `${(sizeBytes / 1e6).toFixed(1)}MB`],
  wideRow: ({ pinned }) => [String(pinned)],
  name: ({ names, id }) => `image/${names[0] ?? id}`,
  listKind: 'List',
};

export const manifestPrinter: ObjectPrinter<ManifestObject> = {
  columns: ['PATH', 'STATE', 'OBJECT', 'MESSAGE'],
  row: ({ path, document = 0, state, pod, object = '', message = '', issues = [] }) => {
    const [first] = issues.filter(({ severity }) => severity === 'error').concat(issues);
    const where = first?.line === undefined ? '' : `${first.line}:${first.column ?? 1}: `;
    return [document > 0 ? `${path}#${document}` : path, state, pod ?? (object || '<none>'), first ? `${where}${first.message}` : message];
  },
  name: ({ path, document = 0 }) => `manifest/${document > 0 ? `${path}#${document}` : path}`,
  listKind: 'List',
};

/** How many documents of a source are for other nodes. */
interface OfOtherNodes {
  readonly elsewhere?: number;
}

export const sourcePrinter = ({ now }: Pick<PrinterOptions, 'now'>): ObjectPrinter<SourceObject & OfOtherNodes> => ({
  columns: ['NAME', 'STATE', 'REVISION', 'VERIFIED BY', 'APPLIED', 'CHECKED', 'MESSAGE'],
  wideColumns: ['PRIORITY', 'SHA256', 'URL'],
  row: ({
    name,
    state,
    revision,
    verifiedBy = '<none>',
    applied,
    checked,
    reason,
    message = '',
    notRenewed,
    rollout,
    imageFetch,
    elsewhere = 0,
  }) => [
    name,
    state,
    revision === undefined ? '<none>' : String(revision),
    verifiedBy,
    applied === undefined ? '<never>' : ageOf(applied, now()),
    checked === undefined ? '<never>' : ageOf(checked, now()),
    reason !== undefined
      ? `${reason}: ${message}`
      : notRenewed
        ? 'NotRenewed: nothing new for longer than it should be'
        : rollout !== undefined
          ? rolloutText(rollout)
          : imageFetch !== undefined
            ? fetchText(imageFetch)
            : elsewhere > 0
              ? `${elsewhere} of its documents ${elsewhere === 1 ? 'is' : 'are'} for other nodes`
              : '',
  ],
  wideRow: ({ priority, digest, url = '<none>' }) => [String(priority), digest?.slice(0, 12) ?? '<none>', url],
  name: ({ name }) => `source/${name}`,
  listKind: 'List',
});

const rolloutText = ({ reason, message, revision }: NonNullable<SourceObject['rollout']>): string =>
  `${reason}: ${revision === undefined || reason === 'Progressing' ? '' : `revision ${revision}: `}${message}`;

/** Of what runs, or may be gone back to: its images are fetched again. */
const fetchText = ({ images, ready, reason, message }: NonNullable<SourceObject['imageFetch']>): string =>
  `${images - ready} of ${images} images that were here ${images - ready === 1 ? 'is' : 'are'} missing${reason === undefined ? '' : `; ${reason}: ${message ?? ''}`}`;

/** What is shown of a v1 Node. */
export interface NodeObject {
  readonly metadata?: { readonly name?: string; readonly creationTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: Readonly<Record<string, string>>;
  };
}

export const nodePrinter = ({ now }: PrinterOptions): ObjectPrinter<NodeObject> => ({
  columns: ['NAME', 'STATUS', 'AGE', 'VERSION'],
  wideColumns: ['INTERNAL-IP', 'OS-IMAGE', 'KERNEL-VERSION', 'CONTAINER-RUNTIME'],
  row: ({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
    return [
      metadata?.name ?? '',
      ready ? 'Ready' : 'NotReady',
      ageOf(metadata?.creationTimestamp, now()),
      status?.nodeInfo?.['kubeletVersion'] ?? '',
    ];
  },
  wideRow: ({ status }) => {
    const info = status?.nodeInfo ?? {};
    const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '<none>';
    return [address, info['osImage'] ?? '<unknown>', info['kernelVersion'] ?? '<unknown>', info['containerRuntimeVersion'] ?? '<unknown>'];
  },
  name: ({ metadata }) => `node/${metadata?.name}`,
  listKind: 'List',
});
