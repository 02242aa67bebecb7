import type { Command } from '../command.js';

/** `up`: turns a bare machine into a running node. */
export const upCommand: Command = {
  name: 'up',
  usage:
    '[--ephemeral] [--data-dir DIR] [--images DIR]… [--allowed-devices LIST]… [--probe-plugin NAME]… [--runtime containerd|memory] [--kube-api ADDRESS:PORT|off] [--service-cluster-ip-range RANGE] [--service-load-balancer-pool LIST] [--service-load-balancer-interface NAME] [--network-policy-drop-log] [--ingress-proxy haproxy|nginx|off] [--ingress-addresses LIST] [--ingress-ports HTTP,HTTPS] [--ingress-acme-directory URL] [--ingress-acme-email ADDRESS] [--ingress-acme-ca-file FILE] [--ingress-acme-issuers LIST] [--wait-ready] [--ready-timeout 2m] [-v N] [MANIFESTS]',
  summary: 'Start a container runtime of its own and run the Pods of a manifest directory on it.',
  details: `
MANIFESTS is a directory or one file; default: DATA_DIR/manifests. Copy manifests there, edit or remove them: the node follows.

  --data-dir DIR        where the node is kept (default /var/lib/solo-kubelet); its images/ may hold image archives, its sources.d/ verified sources (read at the start)
  --ephemeral           keep nothing: Ctrl-C removes every container, network, mount and file
  --allowed-devices LIST  devices that Pods may ask for by annotation: paths such as /dev/ttyUSB*, or CDI names; may be repeated
  --images DIR          import the image archives (*.tar) of this directory too; may be repeated
  --probe-plugin NAME   package (installed beside kubelet-cli) or module path of a further kind of probe; may be repeated
  --runtime memory      simulate: no container runs; needs neither Linux nor root
  --kube-api 127.0.0.1:6443  where the node's Kubernetes API is served to kubectl; off: nowhere. Its kubeconfig is DATA_DIR/kubeconfig
  --service-cluster-ip-range 10.96.0.0/16  addresses for Services: turns them on; with a comma one range of each family
  --service-load-balancer-pool 192.0.2.240-192.0.2.250  addresses for Services of type LoadBalancer (default: the node's)
  --service-load-balancer-interface eth0  where they are announced (default: where the machine has a network that holds them)
  --network-policy-drop-log  tell the kernel's log of packets that NetworkPolicies drop, ten a second at most
  --ingress-proxy haproxy  what serves Ingresses and Gateways where Services are on, haproxy or nginx, or its path; off: they are refused
  --ingress-addresses LIST  addresses at which they are served (default every address); with commas several, or repeated
  --ingress-ports 80,443  ports of HTTP and HTTPS at which Ingresses are served
  --ingress-acme-directory URL  ACME server that their certificates are got from where they ask for it (docs/ingress.md); to give it is to agree to its terms
  --ingress-acme-email ADDRESS  for the account there
  --ingress-acme-ca-file FILE  certificates that vouch for it (default those that Node.js knows)
  --ingress-acme-issuers LIST  names that mean it in annotations of cert-manager (default letsencrypt,letsencrypt-prod)
  --wait-ready          end once every Pod is Ready, with status 1 if that takes longer than --ready-timeout
  --ready-timeout 2m    when to show the table though not every Pod is Ready
  -v N                  log level of the kubelet: 4 and more tell details

Without --ephemeral, Ctrl-C leaves the Pods running; the next up takes them over, kubelet-cli down ends them.
`,
  options: {
    ephemeral: { type: 'boolean' },
    'data-dir': { type: 'string' },
    images: { type: 'string', multiple: true },
    'probe-plugin': { type: 'string', multiple: true },
    'allowed-devices': { type: 'string', multiple: true },
    runtime: { type: 'string' },
    'kube-api': { type: 'string' },
    'service-cluster-ip-range': { type: 'string' },
    'service-load-balancer-pool': { type: 'string' },
    'service-load-balancer-interface': { type: 'string' },
    'network-policy-drop-log': { type: 'boolean' },
    'ingress-proxy': { type: 'string' },
    'ingress-addresses': { type: 'string', multiple: true },
    'ingress-ports': { type: 'string' },
    'ingress-acme-directory': { type: 'string' },
    'ingress-acme-email': { type: 'string' },
    'ingress-acme-ca-file': { type: 'string' },
    'ingress-acme-issuers': { type: 'string', multiple: true },
    'wait-ready': { type: 'boolean' },
    'ready-timeout': { type: 'string' },
    verbosity: { type: 'string', short: 'v' },
  },
  run: async (input, io) => (await import('./up.js')).up(input, io),
};
