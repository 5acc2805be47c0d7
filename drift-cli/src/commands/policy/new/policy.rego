# METADATA
# title: No program is set-user-id that is not allowed
# custom:
#   id: ID
#   severity: medium
#   references: {}
#   rationale: Say here why it matters.
#   remediation: Say here what is to be done.
#   parameters:
#     NAME_allowed:
#       description: paths that may be
#       default: [/usr/bin/su]
package PACKAGE

deny contains {
	"path": file.path,
	"observed": file.mode,
	"expected": "no set-user-id bit",
} if {
	some file in input.lists.setuid
	not file.path in data.params.NAME_allowed
}
