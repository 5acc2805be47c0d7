# METADATA
# title: Nothing can be written by everybody
# custom:
#   id: host/world_writable
#   severity: medium
#   references: {cis: ["7.1.11"], ssg: ["file_permissions_unauthorized_world_writable", "dir_perms_world_writable_sticky_bits"], nist: ["AC-3", "AC-6"]}
#   rationale: Every account, that of the weakest service included, can change such a file, or put files of its own in the place of others in such a directory.
#   remediation: Take the permission away (chmod o-w); a directory that all must write to gets the sticky bit (chmod +t).
#   parameters:
#     world_writable_allowed: {description: Paths that everybody may write., default: []}
package drift.host.world_writable

import data.drift.lib.permissions

# Who opens a socket or a character device deals with a program or a driver that decides for itself.
# A block device is the bare storage, a fifo the input of whatever reads it.
wanted := {"file": "no permission to write for everybody", "directory": "the sticky bit", "block": "no permission to write for everybody", "fifo": "no permission to write for everybody"}

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": better, "package": file.package} if {
	some file in input.lists.world_writable
	better := wanted[file.type]
	not file.path in data.params.world_writable_allowed
}
