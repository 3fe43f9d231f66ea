import pytest

from headroom.compress.described import Described
from tests.compress.line_samples import asking, keeps_the_law, shown

RUNNING = "    State:          Running\n      Started:      Mon, 23 Nov 2026 14:02:11 +0000\n    Ready:          True\n    Restart Count:  0\n"
CRASHED = (
    "    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Exit Code:    137\n"
    "    Ready:          False\n    Restart Count:  7\n"
)


def container(name, state):
    return (
        f"  {name}:\n    Container ID:  containerd://{'5e' * 32}\n    Image:         registry.example.com/{name}:1.42.0\n"
        f"    Image ID:      registry.example.com/{name}@sha256:{'6f' * 32}\n    Port:          8080/TCP\n    Host Port:     0/TCP\n"
        f"{state}    Requests:\n      memory:  256Mi\n    Environment:\n      {name.upper()}_URL:  http://{name}:8080/\n"
        f"    Mounts:\n      /etc/{name} from {name}-config (ro)\n"
        "      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-x7k2p (ro)\n"
    )


def pod(name, state=CRASHED, status="Running", events=""):
    return (
        f"Name:             {name}\nNamespace:        shop\nPriority:         0\nNode:             node-3/10.0.3.117\n"
        f"Labels:           app=shop\n                  pod-template-hash=6d5f7c9b8f\nStatus:           {status}\n"
        f"Controlled By:    ReplicaSet/shop-6d5f7c9b8f\nContainers:\n{container('api', state)}{container('proxy', RUNNING)}"
        "Conditions:\n  Type              Status\n"
        f"  Ready             {'True' if state == RUNNING else 'False'} \n"
        "Volumes:\n  api-config:\n    Type:      ConfigMap (a volume populated by a ConfigMap)\n    Name:      api-config\n    Optional:  false\n"
        "  kube-api-access-x7k2p:\n    Type:                    Projected (a volume that contains injected data from multiple sources)\n"
        "    TokenExpirationSeconds:  3607\n    ConfigMapName:           kube-root-ca.crt\n    DownwardAPI:             true\n"
        "QoS Class:                   Burstable\nNode-Selectors:              <none>\n"
        "Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s\n"
        "                             node.kubernetes.io/unreachable:NoExecute op=Exists for 300s\n"
        "                             dedicated=gpu:NoSchedule\n"
        f"Events:\n{events or '  <none>'}\n"
    )


EVENTS = (
    "  Type     Reason     Age    From       Message\n  ----     ------     ----   ----       -------\n"
    "  Normal   Scheduled  41m    scheduler  Successfully assigned shop/api-1 to node-3\n"
    '  Normal   Pulling    40m    kubelet    Pulling image "envoy:v1.31.2"\n'
    '  Normal   Pulled     40m    kubelet    Successfully pulled image "envoy:v1.31.2" in 3.118s\n'
    "  Normal   Created    40m    kubelet    Created container: proxy\n"
    "  Warning  Unhealthy  39m    kubelet    Readiness probe failed: connection refused\n"
    "  Normal   Killing    9m     kubelet    Container api failed liveness probe, will be restarted\n"
)
WHY = "Why is the pod not ready?"


def below(text, question):
    return shown(keeps_the_law(Described(), text, asking(question))).partition("\n")[2]


def missing(facts, text):
    return [fact for fact in facts if fact not in text]


def test_who_asks_what_is_wrong_sees_what_failed_and_that_the_rest_is_sound():
    text = below(pod("api-1", events=EVENTS), WHY)
    stays = [
        "CrashLoopBackOff",
        "Exit Code:    137",
        "memory:  256Mi",
        "API_URL",
        "Readiness probe failed",
        "Killing",
        "proxy:1.42.0",
        "gpu:NoSchedule",
    ]
    assert missing(stays, text) == []
    for fact in (
        "Container ID",
        "sha256",
        "PROXY_URL",
        "serviceaccount",
        "NoExecute",
        "pod-template-hash",
        "Successfully assigned",
    ):
        assert fact not in text


def test_who_asks_for_anything_else_sees_all_but_identifiers_and_defaults():
    text = below(pod("api-1", events=EVENTS), "Which labels and volumes does it have?")
    assert (
        missing(
            ["pod-template-hash", "PROXY_URL", "api-config (ro)", "Name:      api-config", "Successfully assigned"],
            text,
        )
        == []
    )
    for fact in ("Container ID", "kube-root-ca.crt", "serviceaccount", "NoExecute"):
        assert fact not in text
    assert "Image ID:" in below(pod("api-1"), f"Which image has the digest {'6f' * 32}?")


def test_of_several_objects_a_sound_one_is_only_named():
    text = below(pod("api-1", events=EVENTS) + "\n\n" + pod("api-2", RUNNING), "Why does one of the pods crash?")
    sound = text[text.index("api-2") :]
    assert "Status:           Running" in sound
    assert "Restart Count" not in sound
    assert "CrashLoopBackOff" in text[: text.index("api-2")]


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        (pod("api-1", "", "Pending", EVENTS.replace("Readiness probe failed: connection refused", "0/6 nodes: Insufficient memory")), "256Mi"),
        (pod("api-1", events=EVENTS.replace("Readiness probe failed: connection refused", 'MountVolume failed: configmap "api-config"')), "Name:      api-config"),
        (pod("api-1", events=EVENTS.replace("  Normal   Pulled     40m", "  Warning  Failed     40m")), "Pulling image"),
        (pod("api-1", events=EVENTS[: EVENTS.index("  Warning")]), "Successfully assigned"),
    ],
    ids=["no node", "a volume", "no image", "no warning"],
)  # fmt: skip
def test_what_a_reason_may_lie_in_stays(text, stays):
    assert stays in below(text, WHY)


@pytest.mark.parametrize(
    "text",
    ["name: shop\nVolumes:\n  - a\n" * 30, "Name:  shop\nEvents:  <none>\n" * 30],
    ids=["settings", "few sections"],
)
def test_other_settings_are_left_to_others(text):
    assert Described().lossy(text, asking(WHY)) is None
