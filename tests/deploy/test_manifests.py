#!/usr/bin/python3
"""The manifests: rendered by kustomize, valid for three versions of
Kubernetes, and true to each other and to the image.  Planted faults must be
found, or the checks are worth nothing."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

from memory import (balancer_needs, cpus, image_config, kib, needed, setting)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HERE = os.path.join(ROOT, 'tests', 'deploy')
SCHEMAS = os.path.join(os.environ.get('FACETREE_SHARED')
                       or os.path.join(ROOT, '..', 'shared'), 'k8s-schemas')
VERSIONS = ('1.30', '1.33', '1.35')
OVERLAYS = ('nodeport', 'podman', 'production', 'canary')
COUNTS = {'ok': 0, 'FAILED': 0, 'skipped': 0}


def tell(outcome, what, why=''):
    COUNTS[outcome] += 1
    print(outcome, what + (': ' + why if why else ''), flush=True)


def check(what, good, why='it does not hold'):
    tell('ok' if good else 'FAILED', what, '' if good else str(why))


def documents(path):
    with open(path) as file:
        return [document for document in yaml.safe_load_all(file) if document]


def of_kind(listed, kind):
    return next((d for d in listed if d['kind'] == kind), None)


def render(folder):
    result = subprocess.run(['kubectl', 'kustomize', folder],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    if result.returncode:
        return None, result.stderr
    return list(yaml.safe_load_all(result.stdout)), ''


def gateway_problems(listed):
    with open(os.path.join(HERE, 'gateway.json')) as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    return [e.message for d in listed if d['kind'] == 'HTTPRoute'
            for e in validator.iter_errors(d)]


def problems(listed, version, work):
    """What the strict checker says; the gateway's kinds are not in it."""
    path = os.path.join(work, 'checked.yaml')
    with open(path, 'w') as file:
        yaml.safe_dump_all([d for d in listed if d['kind'] != 'HTTPRoute'],
                           file)
    result = subprocess.run(
        ['/usr/bin/python3', os.path.join(SCHEMAS, 'check.py'),
         os.path.join(SCHEMAS, 'k8s-%s.json' % version), path],
        stdout=subprocess.PIPE, text=True)
    return gateway_problems(listed) + (
        [result.stdout.strip()] if result.returncode else [])


# Faults that a hand might make, each in a copy of the production overlay.

def plant_typo(listed):
    spec = of_kind(listed, 'Deployment')['spec']
    spec['replica'] = spec.pop('replicas')


def plant_type(listed):
    container(listed)['ports'][0]['containerPort'] = '5000'


def plant_probe(listed):
    container(listed)['livenessProbe']['periodSecond'] = 3


def plant_version(listed):
    of_kind(listed, 'HorizontalPodAutoscaler')['apiVersion'] = \
        'autoscaling/v2beta2'


def plant_policy(listed):
    of_kind(listed, 'NetworkPolicy')['spec']['ingress'][0]['port'] = 5000


def plant_route(listed):
    of_kind(listed, 'HTTPRoute')['spec']['rules'][0]['backendRef'] = []


FAULTS = (plant_typo, plant_type, plant_probe, plant_version, plant_policy,
          plant_route)


def container(listed):
    return of_kind(listed, 'Deployment')['spec']['template']['spec'][
        'containers'][0]


def check_schemas(name, listed, work):
    if not os.path.exists(SCHEMAS):
        tell('skipped', '%s schemas' % name, '%s is absent'
             % os.path.relpath(SCHEMAS, ROOT))
        return
    for version in VERSIONS:
        found = problems(listed, version, work)
        check('%s is valid for Kubernetes %s' % (name, version), not found,
              found)


def check_faults(listed, work):
    if not os.path.exists(SCHEMAS):
        tell('skipped', 'planted faults', 'no schemas')
        return
    for fault in FAULTS:
        broken = copy.deepcopy(listed)
        fault(broken)
        for version in VERSIONS:
            check('%s is found (%s)' % (fault.__name__, version),
                  problems(broken, version, work))


def check_kustomizations(work):
    path = os.path.join(SCHEMAS, 'kustomization.json')
    if not os.path.exists(path):
        tell('skipped', 'kustomizations', 'no schema')
        return
    with open(path) as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    for folder, _, files in sorted(os.walk(os.path.join(work, 'k8s'))):
        if 'kustomization.yaml' in files:
            document = documents(os.path.join(folder, 'kustomization.yaml'))[0]
            found = [e.message for e in validator.iter_errors(document)]
            check('%s is a kustomization' % os.path.basename(folder),
                  not found, found)
            document['resource'] = document.pop('resources', [])
            check('a wrong key in it is found (%s)' % os.path.basename(folder),
                  list(validator.iter_errors(document)))


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


def check_alone():
    """kubectl apply -f k8s/deployment.yaml -f k8s/service.yaml"""
    listed = (documents(os.path.join(ROOT, 'k8s', 'deployment.yaml'))
              + documents(os.path.join(ROOT, 'k8s', 'service.yaml')))
    check('deployment.yaml and service.yaml are one object each',
          [d['kind'] for d in listed] == ['Deployment', 'Service'])
    pod = of_kind(listed, 'Deployment')['spec']['template']
    service = of_kind(listed, 'Service')['spec']
    volumes = [set(v) - {'name'} for v in pod['spec']['volumes']]
    check('they need nothing else', volumes == [{'emptyDir'}]
          and 'serviceAccountName' not in pod['spec']
          and not any(k in c for c in pod['spec']['containers']
                      for k in ('env', 'envFrom')), volumes)
    check('three replicas',
          of_kind(listed, 'Deployment')['spec']['replicas'] == 3)
    check('a load balancer, port 80 to 5000', service['type'] == 'LoadBalancer'
          and service['ports'][0]['port'] == 80
          and {p['name']: p['containerPort'] for p in
               container(listed)['ports']}[service['ports'][0]['targetPort']]
          == 5000)
    return listed


def check_selectors(name, listed):
    deployment = of_kind(listed, 'Deployment')
    labels = deployment['spec']['template']['metadata']['labels'].items()
    selectors = [deployment['spec']['selector']['matchLabels'],
                 of_kind(listed, 'Service')['spec']['selector'],
                 of_kind(listed, 'NetworkPolicy')['spec']['podSelector'][
                     'matchLabels']]
    budget = of_kind(listed, 'PodDisruptionBudget')
    if budget:
        selectors.append(budget['spec']['selector']['matchLabels'])
    check('%s: every selector finds the pods' % name,
          all(s.items() <= labels for s in selectors), selectors)


def check_image(listed):
    """What must be the same here and in the image."""
    spec = of_kind(listed, 'Deployment')['spec']
    pod = spec['template']['spec']
    user = pod['securityContext']
    config = read('conf', 'container', 'nginx.sed')
    seconds = int(re.search(r'worker_shutdown_timeout (\d+)s', config)[1])
    sleep = container(listed)['lifecycle']['preStop']['sleep']['seconds']
    version = re.search(r'FACETREE_VERSION +"(.*)"',
                        read('core', 'facetree.h'))[1]
    metrics = {p['name']: p['containerPort']
               for p in container(listed)['ports']}['metrics']

    check('the pod outlives its requests',
          pod['terminationGracePeriodSeconds'] > sleep + seconds)
    check('no replica goes before another is ready',
          spec['strategy']['rollingUpdate']['maxUnavailable'] == 0)
    check('the user is the image\'s', re.search(
        r'^USER %d:%d$' % (user['runAsUser'], user['runAsGroup']),
        read('Dockerfile'), re.M))
    check('the tag is the version',
          container(listed)['image'] == 'facetree:' + version)
    check('the counters\' port is the image\'s',
          'listen     %d;' % metrics in read('conf', 'container',
                                             'container.conf'))
    check('probes ask for health', [container(listed)[p]['httpGet']['path']
                                    for p in ('startupProbe', 'readinessProbe',
                                              'livenessProbe')]
          == ['/v2/health/ready', '/v2/health/ready', '/v2/health/live'])


def check_restricted(name, listed):
    """The pod security standard "restricted", and a little more."""
    pod = of_kind(listed, 'Deployment')['spec']['template']['spec']
    own = container(listed)['securityContext']
    check('%s: restricted' % name,
          pod['securityContext']['runAsNonRoot']
          and pod['securityContext']['seccompProfile']['type']
          == 'RuntimeDefault'
          and own['allowPrivilegeEscalation'] is False
          and own['capabilities'] == {'drop': ['ALL']}
          and own['readOnlyRootFilesystem'] is True
          and pod['automountServiceAccountToken'] is False)


# Memory: memory.py adds up, here is where the numbers come from.

def pod_problems(listed, config):
    """What is wrong with the numbers of a deployment, in words."""
    limits = container(listed)['resources']['limits']
    pod = of_kind(listed, 'Deployment')['spec']['template']['spec']
    mounts = [m['name'] for m in container(listed)['volumeMounts']
              if m['mountPath'] == '/tmp']
    volume = next((v['emptyDir'] for v in pod['volumes']
                   if [v['name']] == mounts), {})
    if 'cpu' not in limits:
        return ['without a CPU limit the node says how many workers there are']
    if volume.get('medium') != 'Memory' or 'sizeLimit' not in volume:
        return ['/tmp is not memory with a limit']
    return over(needed(config, cpus(limits['cpu']), kib(volume['sizeLimit'])),
                kib(limits['memory'])) + small_tmp(
                    config, kib(volume['sizeLimit']))


def over(parts, limit):
    total = sum(parts.values())
    return [] if total <= limit else [
        '%s are %d of %d MiB' % (parts, total >> 10, limit >> 10)]


def small_tmp(config, tmp):
    """Less than that, and two clients turn the others away."""
    largest = kib(setting(config, r'client_max_body_size +(\w+)'))
    return [] if tmp >= 4 * largest else [
        '/tmp has no room for four bodies of %d KiB' % largest]


def plant_memory(listed):
    container(listed)['resources']['limits']['memory'] = '256Mi'


def plant_cpu(listed):
    container(listed)['resources']['limits']['cpu'] = '3'


def plant_no_cpu(listed):
    del container(listed)['resources']['limits']['cpu']


def plant_tmp(listed):
    for volume in of_kind(listed, 'Deployment')['spec']['template']['spec'][
            'volumes']:
        volume.get('emptyDir', {})['sizeLimit'] = '192Mi'


def plant_disk(listed):
    for volume in of_kind(listed, 'Deployment')['spec']['template']['spec'][
            'volumes']:
        volume.get('emptyDir', {}).pop('medium', None)


MEMORY_FAULTS = (plant_memory, plant_cpu, plant_no_cpu, plant_tmp, plant_disk)


def check_memory(name, listed):
    found = pod_problems(listed, image_config())
    check('%s: the memory adds up' % name, not found, found)


def check_memory_faults(listed):
    config = image_config()
    for fault in MEMORY_FAULTS:
        broken = copy.deepcopy(listed)
        fault(broken)
        check('%s is found' % fault.__name__, pod_problems(broken, config))
    for name, old, new in (('facetree_memory', '64m', '160m'),
                           ('client_body_buffer_size', '16k', '256k'),
                           ('client_max_body_size', '32m', '64m'),
                           ('worker_connections', '512', '4096')):
        wrong, count = re.subn(r'(%s +)%s;' % (name, old), r'\g<1>%s;' % new,
                               config)
        check('%s %s is found' % (name, new),
              count == 1 and pod_problems(listed, wrong))


def check_memory_table(listed):
    """The documentation adds up the same numbers."""
    limits = container(listed)['resources']['limits']
    config = image_config()
    parts = needed(config, cpus(limits['cpu']), kib('128Mi'))
    text = read('docs', 'deployment.md')
    table = text[text.index('## Memory'):text.index('## A model of your own')]
    rows = {row[0].strip(' *`'): row[-1].strip(' *') for row in (
        line.strip('|').split('|') for line in table.splitlines()
        if line.startswith('|'))}
    shown = {name: str(size >> 10) for name, size in parts.items()}
    shown['sum'] = str(sum(parts.values()) >> 10)
    shown['limit'] = str(kib(limits['memory']) >> 10)
    check('docs/deployment.md has the sum',
          {name: rows.get(name) for name in shown} == shown, (shown, rows))
    check('k8s/deployment.yaml names it',
          'add up to %s MiB' % shown['sum'] in re.sub(
              r'\s+#\s+', ' ', read('k8s', 'deployment.yaml')), shown['sum'])


def compose_tmp(service):
    size, = re.findall(r'^/tmp:.*\bsize=(\w+)', service['tmpfs'][0])
    return kib(size)


def check_compose_memory(services):
    for name, service in sorted(services.items()):
        tmp, limit = compose_tmp(service), kib(service['mem_limit'])
        config = image_config()
        if name == 'balancer':
            config = read('conf', 'container', 'balancer.conf')
            parts = balancer_needs(config, tmp)
        else:
            parts = needed(config, cpus(service['cpus']), tmp)
        found = over(parts, limit) + small_tmp(config, tmp)
        check('compose: the memory of %s adds up' % name, not found, found)
        check('compose: half of it is found (%s)' % name,
              over(parts, limit // 2))


def check_model(work):
    """Another model is another ConfigMap, and the pods mount that."""
    names = []
    for content in (b'one', b'two', b'one'):
        with open(os.path.join(work, 'k8s', 'model', 'model.ftm'),
                  'wb') as file:
            file.write(content)
        listed, error = render(os.path.join(work, 'k8s', 'overlays',
                                            'production'))
        if listed is None:
            check('the model is mounted', False, error)
            return
        name = of_kind(listed, 'ConfigMap')['metadata']['name']
        pod = of_kind(listed, 'Deployment')['spec']['template']['spec']
        mounted = [v['configMap']['name'] for v in pod['volumes']
                   if 'configMap' in v]
        check('the model is mounted', mounted == [name], mounted)
        names.append(name)
    check('another model rolls the pods, the same one does not',
          names[0] == names[2] != names[1], names)


def check_yamllint():
    if not shutil.which('yamllint'):
        tell('skipped', 'yamllint', 'is not installed')
        return
    result = subprocess.run(
        ['yamllint', '-s', '-d', '{extends: default, rules: {document-start: '
         'disable, braces: {max-spaces-inside: 0}}}', 'k8s', 'compose.yaml'],
        cwd=ROOT, stdout=subprocess.PIPE, text=True)
    check('yamllint has no complaint', result.returncode == 0, result.stdout)


def check_compose():
    """Three replicas, each where the balancer looks for it."""
    with open(os.path.join(ROOT, 'compose.yaml')) as file:
        services = yaml.safe_load(file)['services']
    addresses = sorted(
        service['networks']['faces']['ipv4_address']
        for name, service in services.items() if name.startswith('facetree-'))
    asked = sorted(re.findall(r'server ([0-9.]+):5000',
                              read('conf', 'container', 'balancer.conf')))
    check('compose: the balancer knows three replicas',
          len(addresses) == 3 and addresses == asked, (addresses, asked))
    check_compose_memory(services)


def main():
    check_yamllint()
    check_compose()
    alone = check_alone()
    check_image(alone)
    check_restricted('base', alone)
    check_memory('base', alone)
    check_memory_faults(alone)
    check_memory_table(alone)

    if not shutil.which('kubectl'):
        tell('skipped', 'overlays', 'there is no kubectl to render them')
        return

    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(os.path.join(ROOT, 'k8s'), os.path.join(work, 'k8s'))
        for name in ('model.ftm', 'model.json'):
            with open(os.path.join(work, 'k8s', 'model', name), 'w') as file:
                file.write('\0' * 100)
        check_schemas('k8s/deployment.yaml', alone, work)
        for name in ('base',) + OVERLAYS:
            folder = name if name == 'base' else 'overlays/' + name
            listed, error = render(os.path.join(work, 'k8s', folder))
            check('%s is rendered' % name, listed is not None, error)
            if listed is None:
                continue
            check_schemas(name, listed, work)
            check_selectors(name, listed)
            check_restricted(name, listed)
            check_memory(name, listed)
            if name == 'production':
                check_faults(listed, work)
        check_kustomizations(work)
        check_model(work)


main()
print('%(ok)d passed, %(FAILED)d failed, %(skipped)d skipped' % COUNTS)
sys.exit(COUNTS['FAILED'] != 0)
