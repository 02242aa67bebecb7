"""An informer as people write one with Kubernetes' client for Python: lists, then watches from there; after a 410 it lists again and tells the difference.

usage: informer.py KUBECONFIG. Prints what it tells its handlers: `add|update|delete NAME N`, and `listed` after each list.
"""
import sys
import time

import urllib3
from kubernetes import client, config, watch

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
known = {}


def tell(verb, name, value):
    print(verb, name, value, flush=True)


def value_of(item):
    return (item.data or {}).get("n", "")


def see(item):
    name, version = item.metadata.name, item.metadata.resource_version
    before = known.get(name)
    known[name] = (version, value_of(item))
    if before is None:
        tell("add", name, value_of(item))
    elif before[0] != version:
        tell("update", name, value_of(item))


def gone(name, value):
    known.pop(name, None)
    tell("delete", name, value)


def list_all():
    answer = core.list_namespaced_config_map("default")
    there = {item.metadata.name for item in answer.items}
    for name in [name for name in known if name not in there]:
        gone(name, known[name][1])
    for item in answer.items:
        see(item)
    print("listed", flush=True)
    return answer.metadata.resource_version


def follow(version):
    """The version to go on from; None after a 410."""
    watching = watch.Watch()
    try:
        for event in watching.stream(core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=300):
            item = event["object"]
            if event["type"] == "DELETED":
                gone(item.metadata.name, value_of(item))
            else:
                see(item)
        return watching.resource_version
    except client.exceptions.ApiException as error:
        if error.status == 410:
            return None
        raise
    except urllib3.exceptions.HTTPError:
        time.sleep(0.2)
        return watching.resource_version or version


version = None
while True:
    try:
        if version is None:
            version = list_all()
        version = follow(version)
    except (urllib3.exceptions.HTTPError, client.exceptions.ApiException) as error:
        if isinstance(error, client.exceptions.ApiException) and error.status not in (None, 0, 503):
            raise
        time.sleep(0.2)
