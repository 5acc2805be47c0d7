# METADATA
# title: Device nodes stand in /dev alone
# custom:
#   id: host/device_nodes_outside_dev
#   severity: high
#   references: {nist: ["CM-7", "AC-3"]}
#   rationale: A node is the device itself, wherever it stands; a copy of the disk's in another directory gives whoever may read it every file.
#   remediation: Remove the node and find out who made it. Where a jail needs its own, allow its directory in devices_allowed.
#   parameters:
#     devices_allowed: {description: "Directories below which device nodes may stand, such as /srv/jail/dev.", default: []}
package drift.host.device_nodes_outside_dev

import data.drift.lib.paths
import data.drift.lib.permissions

deny contains {"path": file.path, "observed": concat(" ", [file.type, "device", permissions.shown(file)]), "expected": "no device outside /dev"} if {
	some file in input.lists.devices
	not paths.below_any(file.path, data.params.devices_allowed)
}
