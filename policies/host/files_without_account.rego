# METADATA
# title: Everything belongs to an account and a group that exist
# custom:
#   id: host/files_without_account
#   severity: medium
#   references: {cis: ["7.1.12"], ssg: ["no_files_unowned_by_user", "file_permissions_ungroupowned"], nist: ["AC-3", "AC-6"]}
#   rationale: Such a file falls to whichever account gets the number later; it is also a trace of an account that was removed, or of an archive unpacked as root.
#   remediation: Give it to an account that exists (chown, chgrp), or remove it.
#   paths: [/etc/passwd, /etc/group]
package drift.host.files_without_account

import data.drift.lib.permissions

accounts_known if {
	input.files["/etc/passwd"].state == "present"
	input.files["/etc/group"].state == "present"
}

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "an account of /etc/passwd and a group of /etc/group"} if {
	accounts_known
	some file in input.lists.without_account
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"

not_applicable contains "there is no /etc/group" if input.files["/etc/group"].state == "absent"
