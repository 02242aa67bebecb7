/** Manifests that use much of the API and of YAML; all of them are sound. */
export const sampleManifests: readonly string[] = [
  `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web, tier: "front"}
  annotations:
    note: |
      two
      lines
spec:
  terminationGracePeriodSeconds: 45
  containers:
  - name: app
    image: registry.local/app:1.0
    command: [sh, -c, "echo $(GREETING); exec app"]
    env:
    - {name: GREETING, value: hello}
    - name: IP
      valueFrom: {fieldRef: {fieldPath: status.podIP}}
    ports:
    - {name: http, containerPort: 8080}
    resources:
      requests: {cpu: 100m, memory: 64Mi}
      limits: {cpu: 0.5, memory: 128Mi}
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 5
    volumeMounts:
    - {name: data, mountPath: /data}
  - name: log
    image: registry.local/log@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    args: ['--file', /data/log]
    volumeMounts:
    - {name: data, mountPath: /data, readOnly: true}
  initContainers:
  - &init
    name: init
    image: busybox
    command: ["true"]
  - <<: *init
    name: sidecar
    restartPolicy: Always
  volumes:
  - name: data
    emptyDir: {sizeLimit: 1Gi}
  - name: facts
    downwardAPI:
      items:
      - path: labels
        fieldRef: {fieldPath: metadata.labels}
`,
  `{
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "json", "namespace": "kube-system", "uid": "abc"},
  "spec": {
    "hostNetwork": true, "dnsPolicy": "Default",
    "securityContext": {"runAsUser": 1000, "fsGroup": 2000, "sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]},
    "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"}],
    "containers": [{
      "name": "a", "image": "r/a:1", "ports": [{"containerPort": 80}],
      "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
      "securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}},
      "startupProbe": {"grpc": {"port": 9}, "failureThreshold": 30}
    }],
    "volumes": [{"name": "h", "hostPath": {"path": "/var/log"}}]
  }
}`,
  `# a comment
%TAG !k! tag:example.com,2026:
---
apiVersion: 'v1'
kind: "Pod"
metadata: {name: flow}
spec: {containers: [{name: a, image: 'b:2', stdin: yes, tty: on, args: [! 5, !!str 1, "\\u00e9"]}], restartPolicy: Never,
  overhead: {cpu: 0x10, memory: 1_000}}
...
---
kind: ignored
`,
];
