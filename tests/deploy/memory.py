"""The memory that a server can take, added up from its configuration as
docs/deployment.md does.  In KiB; what is no setting was measured, which is
told there.  test_manifests.py and tests/integration/test_full.py use it."""

import math
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

UNITS = {'': -10, 'k': 0, 'm': 10, 'g': 20, 'Ki': 0, 'Mi': 10, 'Gi': 20}
MASTER = 4 << 10
MODEL = 16 << 10
WORKER = 8 << 10
CONNECTION = 12
ANSWER = 16                      # larger ones are part of facetree_memory


def kib(text):
    """Of nginx's sizes, compose's and Kubernetes' quantities."""
    number, unit = re.fullmatch(r'(\d+)([kmg]?|[KMG]i)', text).groups()
    return int(int(number) * 2.0 ** UNITS[unit])


def cpus(text):
    """Whole workers: facetree-start rounds the quota up."""
    text = str(text)
    return -(-int(text[:-1]) // 1000) if text.endswith('m') \
        else math.ceil(float(text))


def image_config():
    """conf/nginx.conf as the Dockerfile puts it into the image."""
    return subprocess.run(
        ['sed', '-f', os.path.join('conf', 'container', 'nginx.sed'),
         os.path.join('conf', 'nginx.conf')], cwd=ROOT, check=True,
        stdout=subprocess.PIPE, text=True).stdout


def setting(config, pattern, default=None):
    found = re.findall(r'^ *%s;' % pattern, config, re.M)
    if not found and default is not None:
        return default
    if len(found) != 1:
        raise ValueError('%d times: %s' % (len(found), pattern))
    return found[0]


def of_connection(config):
    """Buffers of a request: its body's, its headers', and nginx's own."""
    count, size = setting(config, r'large_client_header_buffers +(\d+) (\w+)',
                          ('4', '8k'))
    return (kib(setting(config, r'client_body_buffer_size +(\w+)'))
            + int(count) * kib(size) + CONNECTION)


def needed(config, workers, tmp):
    """What nginx with this configuration can take, part by part."""
    connections = int(setting(config, r'worker_connections +(\d+)'))
    return {
        'master': MASTER, 'model': MODEL,
        'zone': kib(setting(config, r'facetree_zone +\w+:(\w+)')),
        'workers': workers * (
            WORKER + kib(setting(config, r'facetree_memory +(\w+)')) * 9 // 8
            + connections * (of_connection(config) + ANSWER)),
        '/tmp': tmp}


def balancer_needs(config, tmp):
    """A request takes two connections there, and proxy_buffers."""
    workers = int(setting(config, r'worker_processes +(\d+)'))
    requests = int(setting(config, r'worker_connections +(\d+)')) // 2
    return {'master': MASTER, '/tmp': tmp, 'workers': workers * (
        WORKER + requests * (of_connection(config) + 9 * 4 + 4))}
