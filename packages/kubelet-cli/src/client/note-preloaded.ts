import { access } from 'node:fs/promises';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { markPreloaded } from '@solo-kubelet/kubelet/runtime';
import { type CliIo, print } from '../cli-io.js';
import { kubeletRoots } from './kubelet-roots.js';

export interface NotePreloadedOptions {
  readonly cri: CriClient;
  readonly io: Pick<CliIo, 'env' | 'stderr'>;
  /** Of the kubelet that is meant. Default: those that there are in the usual places. */
  readonly rootDirectory?: string | undefined;
  readonly signal: AbortSignal;
}

/** Tells the kubelets of this machine that images came by hand, which every Pod may use. Where that cannot be written, the import stands all the same. */
export const notePreloaded = async (names: readonly string[], { cri, io, rootDirectory, signal }: NotePreloadedOptions): Promise<void> => {
  for (const root of rootDirectory === undefined ? await kubeletRoots(io.env) : [rootDirectory]) {
    try {
      await access(root);
      await markPreloaded(root, names, { cri, wallNow: Date.now, signal });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      const what = `${root}/image_manager cannot be written, so that Pods may be asked for credentials of what was imported`;
      print(io.stderr, `${what}: ${describeError(error)}\n`);
    }
  }
};
