import type { ManifestEvent } from '../src/index.js';

/** An event in one short line: `applied a.yaml web:1`. */
export const say = (event: ManifestEvent): string => {
  switch (event.type) {
    case 'applied':
      return `applied ${place(event)} ${event.pod.metadata.name}:${event.pod.spec.containers[0]?.image}`;
    case 'objectApplied':
      return `object ${place(event)} ${event.object.kind}/${event.object.metadata.name}`;
    case 'rejected':
      return `rejected ${place(event)}${event.stale ? ' stale' : ''} ${event.message}`;
    case 'shadowed':
      return `shadowed ${place(event)} by ${place({ origin: event.by })}`;
    case 'objectShadowed':
      return `shadowed ${place(event)} by ${place({ origin: event.by })}`;
    case 'ignored':
    case 'removed':
    case 'touched':
      return `${event.type} ${place(event)}`;
    default:
      return event.type;
  }
};

const place = ({ origin: { path, document } }: { origin: { path: string; document: number } }): string =>
  `${path.slice(path.lastIndexOf('/') + 1)}${document === 0 ? '' : `#${document}`}`;
