"""sbom.py NAME COMPONENT... -- ARGUMENT...: CycloneDX of what `cargo tree ARGUMENT...` shows, and
of COMPONENTs (name@version) that are no crates. What runs while cargo builds, and is not linked,
has the scope `excluded`."""

import json
import re
import subprocess
import sys
import tomllib

separator = sys.argv.index("--")
name, *others = sys.argv[1:separator]


def cargo(*arguments):
    return subprocess.check_output(["cargo", *arguments, "--quiet", "--locked"], text=True)


def tree(edges):
    """What each crate depends on, by name@version."""
    crates, path = {}, []
    for line in cargo("tree", *sys.argv[separator + 1:], "--edges", edges,
                      "--prefix", "depth", "--format", " {p}").splitlines():
        found = re.match(r"(\d+) (\S+) v(\S+)", line)
        if found is None:
            continue
        crate = f"{found[2]}@{found[3]}"
        crates.setdefault(crate, set())
        del path[int(found[1]):]
        if path:
            crates[path[-1]].add(crate)
        path.append(crate)
    return crates


linked, everything = tree("normal,no-proc-macro"), tree("normal,build")
packages = {f"{package['name']}@{package['version']}": package
            for package in json.loads(cargo("metadata", "--all-features", "--format-version=1"))["packages"]}
with open("Cargo.lock", "rb") as lock:
    checksums = {f"{package['name']}@{package['version']}": package.get("checksum")
                 for package in tomllib.load(lock)["package"]}


def component(crate):
    package, checksum = packages[crate], checksums[crate]
    said = {
        "type": "library",
        "bom-ref": crate,
        "name": package["name"],
        "version": package["version"],
        "scope": "required" if crate in linked else "excluded",
        # An old spelling.
        "licenses": [{"expression": package["license"].replace("/", " OR ")}],
    }
    # Our own are in no registry.
    if checksum:
        said["purl"] = f"pkg:cargo/{crate}"
        said["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return said


def other(component):
    of, version = component.split("@")
    return {"type": "library", "bom-ref": component, "name": of, "version": version,
            "scope": "required"}


own = next(package for package in packages.values() if package["name"] == "touchseal")
json.dump({
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "application", "bom-ref": name, "name": name,
                               "version": own["version"]}},
    "components": [component(crate) for crate in sorted(everything)] + [other(it) for it in others],
    "dependencies": [{"ref": crate, "dependsOn": sorted(everything[crate])}
                     for crate in sorted(everything)],
}, sys.stdout, indent=1, sort_keys=True)
print()
