/** What the built packages export, which plain node can run; explains itself where they are not built. */
export const loadPackages = async () => {
  try {
    return {
      ...(await import('@solo-kubelet/object-spec')),
      ...(await import('@solo-kubelet/pod-spec')),
      ...(await import('@solo-kubelet/pod-environment')),
      ...(await import('@solo-kubelet/selectors')),
      ...(await import('@solo-kubelet/workloads')),
    };
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('the packages are not built yet: run `pnpm build` first\n');
    return process.exit(2);
  }
};
