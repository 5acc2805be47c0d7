# METADATA
# title: The environment does not bring in other code
# custom:
#   id: image/environment_safe
#   severity: high
#   references: {nist-800-190: ["4.1.3"], nist: ["CM-6", "SI-7"], attack: ["T1574.006", "T1574.007"]}
#   rationale: A preloaded library, or a directory of PATH where everybody can write, puts somebody else's code into each program that starts.
#   remediation: Remove the variable from the image; name directories of PATH that root alone can write, each from the root on.
#   parameters:
#     environment_allowed: {description: "Variables among LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, BASH_ENV and ENV that the image may set.", default: []}
package drift.image.environment_safe

import data.drift.lib.paths

deny contains {"observed": concat("=", [name, value]), "expected": concat(" ", [name, "is not set"])} if {
	some name in ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "BASH_ENV", "ENV"]
	not name in data.params.environment_allowed
	some value in input.image.config.environment_values[name]
}

deny contains {"observed": concat("=", ["PATH", value]), "expected": "directories from the root on, none of them temporary"} if {
	some value in input.image.config.environment_values.PATH
	some directory in split(value, ":")
	unsafe(directory)
}

unsafe(directory) if not startswith(directory, "/")

# It may lead elsewhere than it seems to.
unsafe(directory) if regex.match("//|/[.][.]?(/|$)", directory)

unsafe(directory) if paths.below_any(directory, ["/tmp", "/var/tmp", "/dev/shm"])

not_applicable contains "the target is no image" if input.image == null
