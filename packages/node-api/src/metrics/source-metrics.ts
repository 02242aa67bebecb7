import { Gauge, type Registry } from 'prom-client';

/** Of a verified source of manifests. Times are ms since 1970. */
export interface SourceMetrics {
  readonly name: string;
  readonly state: string;
  readonly revision?: number;
  readonly appliedAtMs?: number;
  readonly checkedAtMs?: number;
  readonly failures: number;
  readonly reason?: string;
  readonly notRenewed?: boolean;
  readonly onTrial?: boolean;
  /** What is open about the newest revision. */
  readonly rollout?: { readonly reason: string; readonly revision?: number };
  /** Images that the source itself has, on their way. */
  readonly imageFetch?: {
    readonly images: number;
    readonly ready: number;
    readonly bytes: number;
    readonly totalBytes: number;
    readonly failures: number;
    readonly reason?: string;
  };
}

/** How verified sources are, asked for at every scrape. Kubernetes has no such thing, so the names are the project's own. */
export const sourceGauges = (registry: Registry, sources: () => readonly SourceMetrics[]): void => {
  const gauge = (name: string, help: string, read: (source: SourceMetrics) => number | undefined) =>
    new Gauge({
      name: `solo_kubelet_source_${name}`,
      help,
      labelNames: ['source'],
      registers: [registry],
      collect() {
        this.reset();
        for (const source of sources()) {
          const value = read(source);
          if (value !== undefined) this.set({ source: source.name }, value);
        }
      },
    });
  gauge('ready', 'Whether the last check of the source found what runs, or something new that runs now.', ({ state }) =>
    Number(state === 'Ready'),
  );
  gauge('revision', 'The revision that runs, where it says one.', ({ revision }) => revision);
  gauge('applied_timestamp_seconds', 'When what runs was taken, in seconds since the epoch.', ({ appliedAtMs }) => seconds(appliedAtMs));
  gauge('checked_timestamp_seconds', 'When the source was last checked, in seconds since the epoch.', ({ checkedAtMs }) =>
    seconds(checkedAtMs),
  );
  gauge('not_renewed', 'Whether the source has had no new revision for longer than it should.', ({ notRenewed }) =>
    Number(notRenewed === true),
  );
  gauge('on_trial', 'Whether the revision that runs may still be left for the one before.', ({ onTrial }) => (onTrial ? 1 : undefined));
  gauge('next_revision', 'The newest revision, where it does not run.', ({ rollout }) =>
    rollout?.reason === 'Progressing' ? undefined : rollout?.revision,
  );
  gauge('images_pending', 'Images that the source has and that are not in the runtime yet.', ({ imageFetch }) =>
    imageFetch === undefined ? undefined : imageFetch.images - imageFetch.ready,
  );
  gauge('image_fetched_bytes', 'Bytes of such images that are on the disk.', ({ imageFetch }) => imageFetch?.bytes);
  gauge(
    'image_total_bytes',
    'Bytes that such images have, beside what the runtime held already.',
    ({ imageFetch }) => imageFetch?.totalBytes,
  );
  new Gauge({
    name: 'solo_kubelet_source_image_failures',
    help: 'Tries in a row that brought nothing of the images of the source, by why the last one did not.',
    labelNames: ['source', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, imageFetch } of sources())
        if (imageFetch?.reason !== undefined) this.set({ source: name, reason: imageFetch.reason }, imageFetch.failures);
    },
  });
  new Gauge({
    name: 'solo_kubelet_source_rollout',
    help: 'What is open about the newest revision of the source, by its reason; none where it runs.',
    labelNames: ['source', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, rollout } of sources()) if (rollout !== undefined) this.set({ source: name, reason: rollout.reason }, 1);
    },
  });
  new Gauge({
    name: 'solo_kubelet_source_failures',
    help: 'Checks of the source that failed in a row, by why the last one did.',
    labelNames: ['source', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, failures, reason } of sources()) if (reason !== undefined) this.set({ source: name, reason }, failures);
    },
  });
};

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.floor(ms / 1_000));
