# METADATA
# title: Every command comes from a package or the baseline
# custom:
#   id: host/unowned_executables
#   severity: high
#   references: {nist: ["CM-7", "CM-11", "SI-7"]}
#   rationale: Nobody knows who made a program in a command directory that no package claims and no baseline holds; shells find it before, or in place of, what was meant.
#   remediation: Remove it and find out where it came from; a program that is needed belongs in a package or in the sealed image.
#   paths: [/bin, /sbin, /usr/bin, /usr/sbin, /usr/local/bin, /usr/local/sbin]
#   parameters:
#     command_directories:
#       description: Directories whose executables must be accounted for.
#       default: [/bin, /sbin, /usr/bin, /usr/sbin, /usr/local/bin, /usr/local/sbin]
#     unowned_allowed:
#       description: Executables there that no package need claim. Makers of container images put policy-rc.d there.
#       default: [/usr/sbin/policy-rc.d]
package drift.host.unowned_executables

import data.drift.lib.paths
import data.drift.lib.permissions

deny contains {"path": file.path, "observed": concat(", ", [permissions.shown(file), "of no package"]), "expected": "a file of a package or of the baseline"} if {
	some file in input.lists.unowned
	paths.below_any(file.path, data.params.command_directories)
	not file.path in data.params.unowned_allowed
	not file.in_baseline == true
}

directories contains input.files["/bin"]

directories contains input.files["/sbin"]

directories contains input.files["/usr/bin"]

directories contains input.files["/usr/sbin"]

directories contains input.files["/usr/local/bin"]

directories contains input.files["/usr/local/sbin"]

# What lies behind such a link is listed by its own path, which is below none of the directories.
deny contains {"path": directory.path, "observed": concat(" ", ["a link to", directory.link_target]), "expected": "a directory, or a link to another of these"} if {
	some directory in directories
	directory.type == "symlink"
	is_string(directory.link_target)
	not directory.link_target in {"usr/bin", "/usr/bin", "usr/sbin", "/usr/sbin", "bin", "/bin"}
}
