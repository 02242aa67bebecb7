/** A container runtime as the talk's set-up names it. */
export interface TalksRuntime {
  /** Its unit. */
  readonly service: string;
  readonly endpoint: string;
}

/** As in the talk. */
export const TALKS_CRIO: TalksRuntime = { service: 'crio.service', endpoint: 'unix:///var/run/crio/crio.sock' };
/** The same set-up on a machine with Debian's containerd. */
export const TALKS_CONTAINERD: TalksRuntime = { service: 'containerd.service', endpoint: 'unix:///run/containerd/containerd.sock' };

/** /etc/systemd/system/kubelet.service as "Running a kubelet without a control plane" shows it; on another runtime, the name of its unit is another. */
export const talksUnit = ({ service }: TalksRuntime): string => `[Unit]
Description=Kubernetes Kubelet Server
After=${service}
Requires=${service}

[Service]
WorkingDirectory=/var/lib/kubelet
EnvironmentFile=-/etc/kubernetes/config
EnvironmentFile=-/etc/kubernetes/kubelet
ExecStart=/usr/bin/kubelet \\
    $KUBE_LOGTOSTDERR \\
    $KUBE_LOG_LEVEL \\
    $KUBELET_API_SERVER \\
    $KUBELET_ADDRESS \\
    $KUBELET_PORT \\
    $KUBELET_HOSTNAME \\
    $KUBE_ALLOW_PRIV \\
    $KUBELET_ARGS
Restart=on-failure
KillMode=process

[Install]
WantedBy=multi-user.target
`;

/** /etc/kubernetes/kubelet of the talk, which its unit reads; the cgroup driver is as the runtime has it. */
export const talksEnvironment = ({ endpoint }: TalksRuntime, driver = 'systemd'): string => `###
# kubernetes kubelet (minion) config

# The address for the info server to serve on (set to 0.0.0.0 or "" for all interfaces)
KUBELET_ADDRESS="--address=127.0.0.1"

# The port for the info server to serve on
# KUBELET_PORT="--port=10250"

# You may leave this blank to use the actual hostname
KUBELET_HOSTNAME="--hostname-override=127.0.0.1"

# Add your own!
KUBELET_ARGS="--cgroup-driver=${driver} --fail-swap-on=false --pod-manifest-path=/etc/kubernetes/manifests --container-runtime=remote --container-runtime-endpoint=${endpoint} --runtime-request-timeout=10m"
`;
