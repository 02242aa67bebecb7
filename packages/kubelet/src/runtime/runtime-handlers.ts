import type { CriClient, RuntimeFeatures, RuntimeHandlerFeatures } from '@solo-kubelet/cri-client';
import { parseRuntimeFacts } from './runtime-facts.js';

/** What Pods may ask of the runtime by `runtimeClassName`, and what each handler can. The default handler is ''. */
export interface RuntimeHandlers {
  /**
   * The handler of that name; undefined where the runtime has none. It is asked anew then, as its owner may have given it one since: that counts from the
   * next time on.
   */
  find(name: string): string | undefined;
  /** Undefined where the runtime does not tell. */
  featuresOf(handler: string): RuntimeHandlerFeatures | undefined;
  readonly features: RuntimeFeatures | undefined;
}

interface Known {
  /** Undefined: the runtime does not tell, and judges each name itself. */
  readonly names: ReadonlySet<string> | undefined;
  readonly features: ReadonlyMap<string, RuntimeHandlerFeatures | undefined>;
  readonly ofRuntime: RuntimeFeatures | undefined;
}

/**
 * Asks the runtime. containerd before 2.0 reports no handlers, but tells of those in its configuration.
 * @throws CriError when the runtime does not answer
 */
export const runtimeHandlers = async (
  cri: { readonly runtime: Pick<CriClient['runtime'], 'status'> },
  { signal }: { readonly signal: AbortSignal },
): Promise<RuntimeHandlers> => {
  let known = await ask(cri, signal);
  let asking = false;
  const askAgain = (): void => {
    if (asking || signal.aborted) return;
    asking = true;
    ask(cri, signal)
      // A runtime that does not answer is told of by others; what it said before still counts.
      .then(
        (answer) => {
          known = answer;
        },
        () => {},
      )
      .finally(() => {
        asking = false;
      });
  };
  return {
    find: (name) => {
      if (known.names === undefined || known.names.has(name)) return name;
      askAgain();
      return undefined;
    },
    featuresOf: (handler) => known.features.get(handler),
    get features() {
      return known.ofRuntime;
    },
  };
};

const ask = async (cri: { readonly runtime: Pick<CriClient['runtime'], 'status'> }, signal: AbortSignal): Promise<Known> => {
  const { runtimeHandlers: reported, features, info } = await cri.runtime.status({ verbose: true }, { signal });
  const names = reported.length > 0 ? reported.map(({ name }) => name) : parseRuntimeFacts(info).handlers;
  return {
    names: names && new Set(names),
    features: new Map(reported.map(({ name, features: ofHandler }) => [name, ofHandler])),
    ofRuntime: features,
  };
};
