/** What `kubectl explain` says of the kinds of more-kinds.ts and their fields: a line for each, `apiVersion` and `kind` aside. */
export const moreWords = `ComponentStatus Whether a part of a control plane is well. There are none here.
 conditions Conditions of the component.
ComponentCondition One thing that is so or is not.
 type What it is: Healthy.
 status True, False or Unknown.
 message What the component said.
 error Why it could not be asked.
Endpoints Addresses behind a Service, as one list. The node makes it of the EndpointSlices.
 subsets Addresses that have the same ports.
EndpointSubset Addresses, each with all of the ports.
 addresses Addresses that take connections.
 notReadyAddresses Addresses that will take connections once their Pods are ready.
 ports Ports of each address.
EndpointAddress One address.
 ip An IPv4 or IPv6 address.
 hostname Its name below that of the Service.
 nodeName The node that it is on.
CoreEndpointPort One port of the addresses.
 name Its name, as the Service has it.
 port Its number.
 protocol TCP, UDP or SCTP.
 appProtocol What is spoken there, e.g. kubernetes.io/h2c.
Event Something that happened to an object.
 reason Why, as one word for programs.
 message What happened, for people.
 source Who tells of it.
 firstTimestamp When it happened first.
 lastTimestamp When it happened last.
 count How often it happened.
 type Normal or Warning.
 eventTime When it happened, to the microsecond.
 series How often it happened again.
 action What was done.
 reportingComponent Who tells of it, e.g. kubelet.
 reportingInstance Which one of those.
EventSource Who tells of an event.
 component The program.
 host The node that it runs on.
EventSeries An event that happened again and again.
 count How often.
 lastObservedTime When it happened last.
Node A machine that runs Pods. Here there is one, and the kubelet writes it.
 spec What people say of the node: cordon and taint change it.
 status What the kubelet found of the node.
NodeSpec What people say of a node.
 podCIDR Addresses that Pods get.
 podCIDRs The same for each address family, at most two.
 providerID What the provider of the machine calls it.
 unschedulable Whether the node is cordoned.
 taints What keeps Pods away that do not tolerate it.
 configSource No longer used.
 externalID No longer used.
Taint A mark that Pods have to tolerate.
 key Its name.
 value Its value.
 effect What it does to Pods without a toleration: NoSchedule, PreferNoSchedule or NoExecute.
 timeAdded When it was put there.
NodeConfigSource No longer used.
 configMap No longer used.
ConfigMapNodeConfigSource No longer used.
 namespace No longer used.
 name No longer used.
 uid No longer used.
 resourceVersion No longer used.
 kubeletConfigKey No longer used.
NodeStatus What the kubelet found of its node.
 capacity What the machine has.
 allocatable What of it Pods may use.
 phase No longer used.
 conditions Whether it is ready, and short of something.
 addresses Its addresses and names.
 daemonEndpoints Where its programs listen.
 nodeInfo Versions and identities of the machine and its programs.
 images Images that it holds.
 volumesInUse Volumes that are mounted.
 volumesAttached Volumes that are attached.
 config No longer used.
 runtimeHandlers Handlers of the container runtime, and what they can do.
 features What the container runtime can do.
 declaredFeatures Features that the kubelet says it has.
NodeCondition One thing that is so or is not.
 type Which: Ready, MemoryPressure, DiskPressure, PIDPressure.
 status True, False or Unknown.
 lastHeartbeatTime When it was found so last.
 lastTransitionTime When it changed last.
 reason Why, as one word for programs.
 message Why, for people.
NodeAddress One address or name.
 type InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS.
 address The address.
NodeDaemonEndpoints Where programs of the node listen.
 kubeletEndpoint Where the kubelet listens.
DaemonEndpoint A port.
 Port Its number.
NodeSystemInfo Versions and identities.
 machineID The identity of the installed system.
 systemUUID The identity of the machine.
 bootID Changes at each boot.
 kernelVersion Version of the kernel.
 osImage Name of the operating system, for people.
 containerRuntimeVersion Name and version of the container runtime.
 kubeletVersion Version of the kubelet.
 kubeProxyVersion No longer used.
 operatingSystem linux or windows.
 architecture E.g. amd64.
 swap The swap space.
NodeSwapStatus The swap space.
 capacity Its size in bytes.
ContainerImage An image that the node holds.
 names Its names.
 sizeBytes Its size in bytes.
AttachedVolume A volume that is attached to the node.
 name Its name.
 devicePath Its device.
NodeConfigStatus No longer used.
 assigned No longer used.
 active No longer used.
 lastKnownGood No longer used.
 error No longer used.
NodeRuntimeHandler A handler of the container runtime.
 name Its name, as a RuntimeClass has it; empty for the usual one.
 features What it can do.
NodeRuntimeHandlerFeatures What a handler can do.
 recursiveReadOnlyMounts Whether mounts can be read-only with all below them.
 userNamespaces Whether Pods can have users of their own.
NodeFeatures What the container runtime can do, whatever the handler.
 supplementalGroupsPolicy Whether it follows supplementalGroupsPolicy.
ReplicationController The forerunner of the ReplicaSet. This node has none.
 spec What should run.
 status What runs.
ReplicationControllerSpec What should run.
 replicas How many Pods.
 minReadySeconds For how long a Pod has to be ready to count.
 selector Labels of its Pods.
ReplicationControllerStatus What runs.
 replicas How many Pods there are.
 fullyLabeledReplicas How many of them have all labels of the template.
 readyReplicas How many of them are ready.
 availableReplicas How many of them have been ready for long enough.
 observedGeneration The generation that this is about.
ControllerRevision An earlier template of a DaemonSet or StatefulSet, to go back to.
 data The template.
 revision Its number.
SelfSubjectReview Who is asking.
 status The answer.
SelfSubjectReviewStatus Who is asking.
 userInfo Name and groups.
UserInfo A user.
 username Its name.
 uid Its identity.
 groups Its groups.
 extra What else is known of it.
TokenReview Whose token something is.
 spec The question.
 status The answer.
TokenReviewSpec A token.
 token The token.
 audiences Whom it has to be for.
TokenReviewStatus Whose token it is.
 authenticated Whether it is good.
 user Whose it is.
 audiences Whom it is for, of those that were asked for.
 error Why it is not good.
LocalSubjectAccessReview Whether somebody may do something in one namespace.
 spec The question.
 status The answer.
SubjectAccessReviewSpec Whether somebody may do something.
 resourceAttributes What is to be done, to an object.
 nonResourceAttributes What is to be done, to a path.
 user Who.
 groups Groups of who.
 extra What else is known of who.
 uid Identity of who.
ResourceAttributes Something that is done to an object.
 namespace In which namespace; empty for all, or for objects without one.
 verb get, list, watch, create, update, patch, delete, or * for all.
 group API group; * for all.
 version API version; * for all.
 resource Kind in the plural, e.g. pods; * for all.
 subresource E.g. log.
 name Name of the object; empty for all.
 fieldSelector To which objects, by field.
 labelSelector To which objects, by label.
FieldSelectorAttributes A selector of fields.
 rawSelector As one text.
 requirements As a list.
FieldSelectorRequirement One part of a selector.
 key The field.
 operator In, NotIn, Exists or DoesNotExist.
 values Values of the field.
LabelSelectorAttributes A selector of labels.
 rawSelector As one text.
NonResourceAttributes Something that is done to a path.
 path The path.
 verb The method, in small letters.
SubjectAccessReviewStatus Whether it may be done.
 allowed It may.
 denied It may not, whatever else is asked.
 reason Why.
 evaluationError What went wrong while it was found out.
SelfSubjectAccessReview Whether who asks may do something.
 spec The question.
 status The answer.
SelfSubjectAccessReviewSpec What is to be done.
 resourceAttributes To an object.
 nonResourceAttributes To a path.
SelfSubjectRulesReview All that who asks may do in a namespace.
 spec The question.
 status The answer.
SelfSubjectRulesReviewSpec Where.
 namespace The namespace.
SubjectRulesReviewStatus What may be done.
 resourceRules To objects.
 nonResourceRules To paths.
 incomplete Whether there may be more.
 evaluationError What went wrong while it was found out.
SubjectAccessReview Whether somebody may do something.
 spec The question.
 status The answer.
Lease Something that one program holds for a while; here nodes and controllers say by it that they live.
 spec Who holds it, and since when.
LeaseSpec Who holds a lease.
 holderIdentity Who holds it.
 leaseDurationSeconds For how many seconds it is held after a renewal.
 acquireTime Since when.
 renewTime When it was renewed last.
 leaseTransitions How often it changed hands.
 strategy How the holder is chosen.
 preferredHolder Who is asked to take it.
NewEvent Something that happened to an object.
 eventTime When it happened first.
 series How often it happened again.
 reportingController Who tells of it.
 reportingInstance Which one of those.
 action What was done.
 reason Why, as one word for programs.
 note What happened, for people.
 type Normal or Warning.
 deprecatedSource Who tells of it, for older programs.
 deprecatedFirstTimestamp When it happened first, for older programs.
 deprecatedLastTimestamp When it happened last, for older programs.
 deprecatedCount How often it happened, for older programs.
NewEventSeries An event that happened again and again.
 count How often.
 lastObservedTime When it happened last.
NodeMetrics What the node uses.
 timestamp When it was measured.
 window Over how long.
 usage CPU and memory.
PodMetrics What a Pod uses.
 timestamp When it was measured.
 window Over how long.
 containers What each container uses.
ContainerMetrics What a container uses.
 name Its name.
 usage CPU and memory.
`;
