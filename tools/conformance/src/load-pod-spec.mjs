/** The built package, which plain node can run; explains itself where there is none. */
export const loadPodSpec = async () => {
  try {
    return await import('@solo-kubelet/pod-spec');
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('pod-spec is not built yet: run `pnpm --filter "@solo-kubelet/pod-spec..." build` first\n');
    return process.exit(2);
  }
};
