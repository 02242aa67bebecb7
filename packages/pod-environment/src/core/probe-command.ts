import { type Container, expandVariables } from '@solo-kubelet/pod-spec';

/**
 * The command of an exec probe: `$(NAME)` stands for the `value` that the manifest gives a variable, unexpanded, and for nothing when the value
 * comes from elsewhere. Upstream: ExpandContainerCommandOnlyStatic in pkg/kubelet/container/helpers.go.
 */
export const expandProbeCommand = ({ env = [] }: Container, command: readonly string[]): readonly string[] => {
  const values = new Map(env.map(({ name, value }) => [name, value ?? '']));
  return command.map((part) => expandVariables(part, (name) => values.get(name)));
};
