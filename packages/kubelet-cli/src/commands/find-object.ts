import { apiVersionOf, findObjectKind, type ObjectKind } from '@solo-kubelet/object-spec/kinds';
import { CliError } from '../cli-error.js';
import type { NodeApiObject } from '../client/node-client.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface NamedObject {
  readonly kind: ObjectKind;
  readonly object: NodeApiObject;
  /** `Deployment.apps/default/web`. */
  readonly key: string;
  readonly namespace: string;
}

/** Splits `deploy/web`, or `deploy web`. @throws CliError CLI_USAGE */
export const parseTarget = (words: readonly string[]): { readonly kind: ObjectKind; readonly name: string } => {
  const [kindName = '', name = ''] = words[0]?.includes('/') ? words[0].split('/', 2) : words;
  const kind = findObjectKind(kindName.split('.', 1)[0] ?? '');
  if (kind !== undefined && name !== '') return { kind, name };
  throw new CliError({
    code: 'CLI_USAGE',
    message: kind === undefined ? `there is no kind "${kindName}"` : `which ${kind.kind}?`,
    hint: 'Write it as deployment/web.',
  });
};

/** An object of the node. @throws CliError CLI_NOT_FOUND */
export const findObject = async (
  { kind, name }: { readonly kind: ObjectKind; readonly name: string },
  namespace: string | undefined,
  { client, signal }: Pick<VerbContext, 'client' | 'signal'>,
): Promise<NamedObject> => {
  const wanted = namespace ?? DEFAULT_NAMESPACE;
  const objects = await client.listObjects({ signal });
  const object = objects.find(
    (one) =>
      one.kind === kind.kind &&
      one.metadata.name === name &&
      (!kind.namespaced || (one.metadata.namespace ?? DEFAULT_NAMESPACE) === wanted),
  );
  const group = kind.group === '' ? '' : `.${kind.group}`;
  if (object !== undefined) {
    return { kind, object, namespace: wanted, key: `${kind.kind}${group}/${kind.namespaced ? wanted : ''}/${name}` };
  }
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `${kind.plural}${group} "${name}" not found`,
    hint: `List them with: kubelet-cli get ${kind.plural} -A (${apiVersionOf(kind)})`,
  });
};
