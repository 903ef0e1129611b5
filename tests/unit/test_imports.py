import subprocess
import sys
from pathlib import Path

_ONCE = """
import sys
from sfjwt_action.imports import speed_up_imports
speed_up_imports()

def has_run():
    return type(sys.modules["cryptography.x509"]) is type(sys)

from cryptography import x509
import cryptography.x509.oid
from sfjwt_action import cli
assert not has_run(), "an import ran it"
assert x509 is cryptography.x509 is sys.modules["cryptography.x509"]
x509.load_pem_x509_certificate
assert has_run()
assert x509.oid is cryptography.x509.oid
try:
    x509.no_such_name
except AttributeError as error:
    assert error.name == "no_such_name"
else:
    raise AssertionError
"""


def test_a_deferred_module_runs_once_and_at_its_first_use() -> None:
    done = subprocess.run([sys.executable, "-c", _ONCE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_ALL = """
import sys
loaded = set(sys.modules)  # as Python starts
from importlib import import_module
from sfjwt_action.imports import SELDOM_USED, speed_up_imports
speed_up_imports()
modules = [import_module(name) for name in SELDOM_USED if name not in loaded]
assert {type(module).__name__ for module in modules} == {"_Deferred"}
for module in modules:
    assert module is sys.modules[module.__name__]
    assert dir(module) and hasattr(module, "no_such_name") is False
    assert type(module) is type(sys), module
"""


def test_every_module_that_is_seldom_used_is_deferred() -> None:
    done = subprocess.run([sys.executable, "-c", _ALL], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_SUBMODULE = """
import sys
from sfjwt_action.imports import speed_up_imports
speed_up_imports()
from urllib3.http2 import probe
package = sys.modules["urllib3.http2"]
assert probe is package.probe is sys.modules["urllib3.http2.probe"]
assert type(package) is not type(sys), "an import of a submodule ran it"
package.inject_into_urllib3
assert type(package) is type(sys)
assert probe is package.probe
"""


def test_a_submodule_of_a_deferred_package_runs_without_it() -> None:
    done = subprocess.run([sys.executable, "-c", _SUBMODULE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_FAILS_ONCE = """
import sys
from pathlib import Path
from sfjwt_action import imports
Path("fails_once.py").write_text("import sys; sys.fail and 1 / 0; name = 1")
sys.path.insert(0, "")
imports.SELDOM_USED = ("fails_once",)
imports.speed_up_imports()
import fails_once
sys.fail = True
try:
    fails_once.name
except ZeroDivisionError:
    sys.fail = False
assert fails_once.name == 1
"""


def test_a_deferred_module_that_failed_runs_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FAILS_ONCE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_AT_ONCE = """
import sys
from importlib import import_module
from threading import Barrier, Thread
from sfjwt_action.imports import SELDOM_USED, speed_up_imports
speed_up_imports()
sys.setswitchinterval(1e-6)
names = {"ast": "parse", "zipfile": "ZipFile", "idna": "encode", "traceback": "format_exc", "tokenize": "tokenize"}
failed = []

def use(name, barrier):
    barrier.wait()
    try:
        getattr(sys.modules[name], names[name])
    except AttributeError as error:
        failed.append(error)

for name in names:
    assert name in SELDOM_USED
    import_module(name)
    barrier = Barrier(8)
    threads = [Thread(target=use, args=(name, barrier)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert not failed, failed
"""


def test_threads_that_use_a_deferred_module_at_once_all_find_it_whole() -> None:
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
