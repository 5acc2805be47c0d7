# METADATA
# title: No programs lie in temporary directories
# custom:
#   id: host/executables_in_temporary_directories
#   severity: medium
#   references: {nist: ["CM-7", "SI-3"]}
#   rationale: Everybody can write there, so that is where those who break in put their tools; what is meant to stay lies elsewhere.
#   remediation: Examine the file, find out which process made it, and remove it.
#   parameters:
#     temporary_executables_allowed: {description: "Directories below which such executables may lie, such as /tmp/build.", default: []}
package drift.host.executables_in_temporary_directories

import data.drift.lib.paths
import data.drift.lib.permissions

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "no executable file"} if {
	some file in input.lists.temporary_executables
	not paths.below_any(file.path, data.params.temporary_executables_allowed)
}
