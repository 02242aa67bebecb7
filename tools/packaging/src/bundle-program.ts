import { build } from 'esbuild';

export interface BundleOptions {
  /** Directory of the workspace. */
  readonly root: string;
  /** Below `root`. */
  readonly entry: string;
  readonly outfile: string;
  /** The oldest Node.js that runs it, as esbuild writes it: `node20`. */
  readonly target: string;
  /** JavaScript that gives what `import.meta.url` is in all of it. */
  readonly moduleUrl: string;
  /** What the program says its version is. Default: what the package.json beside its directory says. */
  readonly version?: string;
}

/** Past so many characters a line is broken where it can be: an error that nobody caught comes with the line that it was thrown in. */
const LINE_LIMIT = 500;

/** What a bundle is given by whoever runs it, as Node.js gives it to a CommonJS module. */
const PARAMETERS = 'exports, require, module, __filename, __dirname';

/**
 * Bundles a program and all of its libraries into one script, whose value is a function of what a CommonJS module is given. No character of it is beyond ASCII.
 * Gives the files that went into it.
 */
export const bundleProgram = async (options: BundleOptions): Promise<readonly string[]> => {
  const { root, entry, outfile, target, moduleUrl, version } = options;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target,
    conditions: ['@solo-kubelet/source'],
    // Node.js 20 forgets how to import where a script comes from a code cache: what is loaded late is required instead. Plugins are imported by workers.
    supported: { 'dynamic-import': false },
    // Names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    lineLimit: LINE_LIMIT,
    legalComments: 'none',
    define: { 'import.meta.url': '__moduleUrl', ...(version !== undefined && { SOLO_KUBELET_VERSION: JSON.stringify(version) }) },
    banner: { js: `(function (${PARAMETERS}) {const __moduleUrl = ${moduleUrl};` },
    footer: { js: '})' },
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
};
