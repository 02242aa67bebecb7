import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { goRpcError } from '@solo-kubelet/diagnostics/text';
import type { NodeView, SourceCommandWord } from '../node-view.js';
import { HttpError, sendJson, sendText } from '../server/http-error.js';
import type { Route } from '../server/route.js';
import { findPod, findRunningContainer } from './find-container.js';

/** Paths that change something: POST /restart, /deletePod, /discardClaim and /sources (ours) and POST /checkpoint (upstream's). */
export const commandRoutes = (view: NodeView, cri: CriClient, rootDirectory: string, nowMs: () => number): readonly Route[] => [
  {
    methods: ['POST'],
    path: '/restart/:namespace/:pod',
    role: 'admin',
    handle: ({ response, params }) => {
      const { namespace = '', pod = '' } = params;
      if (!view.restartPod(namespace, pod)) throw new HttpError(404, `pod "${pod}" does not exist\n`);
      sendText(response, 202, 'restarting\n');
    },
  },
  {
    methods: ['POST'],
    path: '/deletePod/:namespace/:pod',
    role: 'admin',
    handle: ({ response, params }) => {
      const { namespace = '', pod = '' } = params;
      const { metadata } = findPod(view, { namespace, pod });
      if (view.deletePod?.(namespace, pod) !== true)
        throw new HttpError(409, `pod "${metadata.name}" is not of a workload: it goes with its manifest\n`);
      sendText(response, 202, 'deleting\n');
    },
  },
  {
    methods: ['POST'],
    path: '/discardClaim/:namespace/:name',
    role: 'admin',
    handle: async ({ response, params, signal }) => {
      const { namespace = '', name = '' } = params;
      const answer = await view.discardClaim?.(namespace, name, { signal });
      if (answer === undefined) throw new HttpError(404, `persistentvolumeclaim "${name}" not found\n`);
      if (!answer.ok) throw new HttpError(409, `${answer.error}\n`);
      sendText(response, 200, `${answer.path}\n`);
    },
  },
  {
    methods: ['POST'],
    path: '/sources/:name/:command',
    role: 'admin',
    handle: async ({ response, params }) => {
      const { name = '', command = '' } = params;
      const word = SOURCE_COMMANDS.find((each) => each === command);
      if (word === undefined)
        throw new HttpError(404, `there is no command ${JSON.stringify(command)}: want ${SOURCE_COMMANDS.join(', ')}\n`);
      const answer = await view.sourceCommand?.(name, word);
      if (answer === undefined) throw new HttpError(404, `source ${JSON.stringify(name)} not found\n`);
      if (!answer.ok) throw new HttpError(409, `source ${name}: ${answer.message}\n`);
      sendText(response, 200, `${answer.message}\n`);
    },
  },
  {
    methods: ['POST'],
    path: '/checkpoint/:namespace/:pod/:container',
    role: 'admin',
    subresources: ['checkpoint'],
    handle: async ({ response, params, query, signal }) => {
      const { namespace = '', pod = '', container = '' } = params;
      const { spec } = findPod(view, { namespace, pod }, 'pod does not exist');
      const known = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])];
      if (!known.some(({ name }) => name === container)) throw new HttpError(404, `container ${container} does not exist\n`);
      const timeout = query.getAll('timeout').at(-1) ?? '0';
      if (!/^\d{1,9}$/.test(timeout)) throw new HttpError(404, 'cannot parse value of timeout parameter\n');
      const failed = (why: string): HttpError => new HttpError(500, `checkpointing of ${namespace}/${pod}/${container} failed (${why})\n`);
      const containerId = await findRunningContainer(cri, { namespace, pod, container }, signal).catch((error: unknown) => {
        throw error instanceof HttpError ? failed(`container ${container} not found`) : error;
      });
      const directory = join(rootDirectory, 'checkpoints');
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const stamp = new Date(nowMs()).toISOString().replace(/\.\d+/, '');
      const location = join(directory, `checkpoint-${pod}_${namespace}-${container}-${stamp}.tar`);
      await cri.runtime.checkpointContainer({ containerId, location, timeout: BigInt(timeout) }, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw failed(asGoSays(error));
      });
      sendJson(response, { items: [location] });
    },
  },
];

/** A failed call of the runtime as Go's gRPC writes it: whoever asks tells by these words what the runtime lacks. */
const asGoSays = (error: unknown): string => {
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
  if (typeof code !== 'string' || typeof details !== 'string') return describeError(error);
  return goRpcError(code.replace(/^CRI_/, ''), details);
};

const SOURCE_COMMANDS: readonly SourceCommandWord[] = ['hold', 'resume', 'skip', 'retry'];
