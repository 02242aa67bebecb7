import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeManifest } from '../changes/manifest-files.js';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { findObject, parseTarget } from './find-object.js';
import type { VerbContext } from './verb-context.js';

export interface CreateJobOptions {
  readonly name: string;
  /** `cronjob/backup`. */
  readonly from: string;
  readonly namespace?: string;
}

/** `create job NAME --from=cronjob/X`: a file of its own beside that of the CronJob. */
export const createJob = async ({ name, from, namespace }: CreateJobOptions, context: VerbContext): Promise<number> => {
  const target = parseTarget([from]);
  if (target.kind.kind !== 'CronJob')
    throw new CliError({ code: 'CLI_USAGE', message: 'a Job is made from a CronJob: --from=cronjob/NAME' });
  const found = await findObject(target, namespace, context);
  const manifests = await context.client.listManifests({ signal: context.signal });
  const held = manifests.find(({ object, source }) => object === found.key && source === 'file');
  if (held === undefined) throw new CliError({ code: 'CLI_REFUSED', message: `${found.key} is not in a file of the manifest directory` });
  const template = (found.object.spec?.['jobTemplate'] ?? {}) as {
    readonly metadata?: Readonly<Record<string, object>>;
    readonly spec?: object;
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: found.namespace,
      ...(template.metadata?.['labels'] && { labels: template.metadata['labels'] }),
      annotations: { ...template.metadata?.['annotations'], 'cronjob.kubernetes.io/instantiate': 'manual' },
    },
    spec: template.spec,
  };
  const path = join(dirname(held.path), `job-${found.namespace}-${name}.yaml`);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `${path} is there already`,
      hint: 'Give the Job another name, or remove that file.',
    });
  const { stringify } = await import('yaml');
  await writeManifest(path, stringify(job, { aliasDuplicateObjects: false }));
  await write(context.io.stdout, `job.batch/${name} created (${path})\n`);
  return 0;
};
