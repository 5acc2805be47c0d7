# METADATA
# title: Device nodes stand in /dev alone
# custom:
#   id: host/device_nodes_outside_dev
#   severity: high
#   references: {nist: ["CM-7", "AC-3"]}
#   rationale: A node is the device itself, wherever it stands; a copy of the disk's in another directory gives whoever may read it every file.
#   remediation: Remove the node and find out who made it. Layers of containers hold nodes that stand for removed files; allow their directory in devices_allowed.
#   parameters:
#     devices_allowed: {description: "Paths that device nodes may begin with, such as /var/lib/docker/overlay2/.", default: []}
package drift.host.device_nodes_outside_dev

import data.drift.lib.permissions

deny contains {"path": file.path, "observed": concat(" ", [file.type, "device", permissions.shown(file)]), "expected": "no device outside /dev"} if {
	some file in input.lists.devices
	not allowed(file.path)
}

allowed(path) if {
	some start in data.params.devices_allowed
	startswith(path, start)
}
